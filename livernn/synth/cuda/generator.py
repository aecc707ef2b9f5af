"""TorchGenerator: a Generator in plain torch. On CUDA its blocks are replayed as graphs; elsewhere they run eagerly."""

from collections.abc import Iterator, Sequence
from functools import partial

import numpy as np
import torch
from numpy.typing import NDArray

from livernn.control.patch import Patch
from livernn.model.quantize import silence_code
from livernn.synth.cpu import FORCE, RENDER
from livernn.synth.cuda.board import SEGMENT_SAMPLES, Board
from livernn.synth.cuda.draw import cuts, patch_values, surprisal_bits
from livernn.synth.cuda.frame_tiers import FrameTiers
from livernn.synth.cuda.network import Network
from livernn.synth.cuda.player import MakePlayer, TorchPlayer
from livernn.synth.cuda.steadying import Steadying
from livernn.synth.cuda.stream import Clock, Stream
from livernn.synth.cuda.tier_noise import TierNoise, is_noisy
from livernn.synth.generator import Snapshot

_PRIME = -1
"""Beside the modes of the sample loop: only the frame tiers step."""
_BLOCK_SAMPLES = 1024


class TorchGenerator:
    """`Generator` on a device of torch; draws by Gumbel noise, so its codes are others for the same seed.

    Owned by one thread. Snapshots are those of `Generator`: either goes on from where the other was.
    """

    def __init__(
        self,
        network: Network,
        make_player: MakePlayer = TorchPlayer,
        *,
        seed: int,
        voices: int = 1,
        clock: Clock | None = None,
    ) -> None:
        """The `clock` is told how long each block takes the device."""
        self.config = config = network.config
        self.voices = voices
        self.surprisal_bits = np.zeros(voices)
        """See `Generator`."""
        self._seed = seed
        self._position = 0
        self._lookback = config.lookback_samples
        self._network = network
        self._stream = Stream(network.device)
        self._clock = clock or Clock()
        with torch.inference_mode(), self._stream:
            self._board = Board(config, voices, network.device)
            self._frame_tiers = FrameTiers(network, self._board)
            self._player = make_player(self._frame_tiers, self._board)
            self._tier_noise = TierNoise(config, self._board.noise, voices, network.device)
            self._steadying = Steadying(network, self._board, self._frame_tiers.state)
            self._patches: tuple[Patch, ...] = ()
            self._drawn = self._stream.host_buffer(torch.uint8, _BLOCK_SAMPLES, voices)
            self._bits = self._stream.host_buffer(torch.float32, voices)
        self._heard: tuple[float, ...] = ()
        """How much noise of its own the frame under way is heard with, by voices; empty for none."""
        self.reset()

    @torch.inference_mode()
    def render(self, count: int, patches: Sequence[Patch]) -> NDArray[np.uint8]:
        """See `Generator`; waits for the device, without the GIL."""
        self._set_patches(patches)
        cutting, noisy = any(cuts(patch, self.config.q_levels) for patch in patches), is_noisy(patches)
        rendered = np.empty((self.voices, count), np.uint8)
        with self._stream:
            self._board.surprisal_bits.zero_()
            self._hear_with(tuple(patch.noise_fast for patch in patches))
        for start in range(0, count, _BLOCK_SAMPLES):
            size = min(_BLOCK_SAMPLES, count - start)
            with self._stream:
                self._stream.begin()
                for first, length in self._segments(size):
                    self._advance(length, RENDER, cutting, noisy)
                    drawn = self._board.codes[self._lookback - length : self._lookback]
                    self._drawn[first : first + length].copy_(drawn, non_blocking=True)
                self._bits.copy_(self._board.surprisal_bits, non_blocking=True)
            self._clock.spent_ms += self._wait()
            rendered[:, start : start + size] = self._drawn[:size].numpy().T
        if count > 0:
            self.surprisal_bits = self._bits.numpy().astype(np.float64) / count
        return rendered

    @torch.inference_mode()
    def prime(self, codes: NDArray[np.uint8]) -> None:
        """See `Generator`."""
        self._force(codes, _PRIME)

    @torch.inference_mode()
    def forced_logits(self, codes: NDArray[np.uint8]) -> NDArray[np.float32]:
        """See `Generator`."""
        logits = np.empty((len(codes), self.voices, self.config.q_levels), np.float32)
        self._force(codes, FORCE, logits)
        return logits

    @torch.inference_mode()
    def reset(self, seed: int | None = None) -> None:
        """See `Generator`."""
        history = np.full((self.voices, self._lookback), silence_code(self.config), np.uint8)
        state = self._network.initial_state.repeat(self.voices, 1).cpu().numpy()
        self.restore(Snapshot(state, history, 0, self._seed if seed is None else seed))

    @torch.inference_mode()
    def snapshot(self) -> Snapshot:
        """See `Generator`; waits for the device."""
        with self._stream:
            history = self._board.codes[: self._lookback].t().to(torch.uint8).cpu().numpy()
            return Snapshot(self._frame_tiers.state.cpu().numpy().copy(), history, self._position, self._seed)

    @torch.inference_mode()
    def restore(self, snapshot: Snapshot) -> None:
        """See `Generator`."""
        expected = (tuple(self._frame_tiers.state.shape), (self.voices, self._lookback))
        if (snapshot.state.shape, snapshot.history.shape) != expected:
            raise ValueError("the state is of another network or number of voices")
        self._position, self._seed = snapshot.position, snapshot.seed
        with self._stream:
            self._board.noise.set_seed(snapshot.seed)
            self._board.start.fill_(snapshot.position)
            self._frame_tiers.state.copy_(torch.tensor(snapshot.state))
            self._board.codes[: self._lookback].copy_(torch.tensor(snapshot.history).t())
            self._recall()

    def _force(self, codes: NDArray[np.uint8], mode: int, logits: NDArray[np.float32] | None = None) -> None:
        forced = torch.from_numpy(codes.astype(np.int64)).to(self._board.codes.device)
        with self._stream:
            self._stream.begin()
            self._hear_with(())
            for first, length in self._segments(len(codes)):
                self._board.codes[self._lookback : self._lookback + length] = forced[first : first + length].unsqueeze(
                    1
                )
                self._advance(length, mode)
                if logits is not None:
                    logits[first : first + length] = self._board.logits[:length].cpu().numpy()
            if mode == _PRIME:
                self._steadying.forget()
                self._recall()
        self._wait()

    def _wait(self) -> float:
        spent_ms = self._stream.wait()
        self._player.check()
        return spent_ms

    def _segments(self, count: int) -> Iterator[tuple[int, int]]:
        """The next `count` samples, cut where a graph ends: offset and length of each."""
        done = 0
        while done < count:
            phase = (self._position + done) % self._lookback
            length = min(count - done, self._lookback - phase, SEGMENT_SAMPLES)
            yield done, length
            done += length

    def _advance(self, count: int, mode: int, cutting: bool = False, noisy: bool = False) -> None:
        work = (self._position % self._lookback, count, mode, cutting, noisy)
        self._stream.run(work, partial(self._play, *work))
        self._position += count

    def _play(self, phase: int, count: int, mode: int, cutting: bool, noisy: bool) -> None:
        """Step all voices by `count` samples, from `phase` within the slowest frame on. Waits for nothing."""
        board = self._board
        noises = self._tier_noise.of_segment(board.start, phase, count) if noisy else []
        if mode == RENDER:
            self._steadying.begin(phase)
        if mode == _PRIME:
            for step in range(-phase % self.config.taps, count, self.config.taps):
                self._frame_tiers.step(phase, step, noises)
        else:
            self._player.play(phase, count, noises, forced=mode == FORCE, cutting=cutting)
        if mode == RENDER:
            drawn = board.codes[self._lookback : self._lookback + count]
            bits = surprisal_bits(board.logits[:count], drawn, board.values, cutting)
            board.surprisal_bits += bits.sum(0)
            self._steadying.end(bits)
        board.codes[: self._lookback] = board.codes[count : count + self._lookback].clone()
        board.start += count

    def _hear_with(self, noise_fast: tuple[float, ...]) -> None:
        """Have the frame under way be heard as if it had begun under this noise."""
        heard = noise_fast if any(noise_fast) else ()
        if heard != self._heard and self._position % self.config.taps:
            self._recall(heard)
        self._heard = heard

    def _recall(self, heard: tuple[float, ...] = ()) -> None:
        """What the sample tier knows from the past, from state and history."""
        place = self._position % self.config.taps
        noise = self._tier_noise.of_frame(self._position - place) if heard else None
        self._player.recall(place, self._frame_tiers.conditioning(noise))
        self._heard = heard

    def _set_patches(self, patches: Sequence[Patch]) -> None:
        if len(patches) != self.voices:
            raise ValueError(f"{len(patches)} patches for {self.voices} voices")
        if self._patches != tuple(patches):
            self._patches = tuple(patches)
            with self._stream:
                self._board.values.copy_(patch_values(patches, self.config.q_levels))
                self._tier_noise.follow(patches)
                self._steadying.follow(patches)
