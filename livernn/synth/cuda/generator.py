"""TorchGenerator: a Generator in plain torch. On CUDA its blocks are replayed as graphs; elsewhere they run eagerly."""

from collections.abc import Iterator, Sequence
from functools import partial

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from livernn.control.patch import Patch
from livernn.model.checkpoint import Checkpoint
from livernn.model.quantize import silence_code
from livernn.synth.cpu import FORCE, PRIME, RENDER
from livernn.synth.cuda.draw import cuts, draw, patch_values
from livernn.synth.cuda.network import Network
from livernn.synth.cuda.noise import Noise
from livernn.synth.cuda.stream import Stream
from livernn.synth.generator import Snapshot

SEGMENT_SAMPLES = 256
"""At most so many samples are one graph."""

_BLOCK_SAMPLES = 1024


class TorchGenerator:
    """`Generator` on a device of torch; draws by Gumbel noise, so its codes are others for the same seed.

    Owned by one thread. Snapshots are those of `Generator`: either goes on from where the other was.
    """

    def __init__(self, checkpoint: Checkpoint, device: torch.device, *, seed: int, voices: int = 1) -> None:
        self.config = config = checkpoint.config
        self.voices = voices
        self.surprisal_bits = np.full(voices, np.nan)
        """See `Generator`; not known here, as a score drawn by noise has no sum."""
        self._seed = seed
        self._position = 0
        self._lookback = config.lookback_samples
        self._stream = Stream(device)
        with torch.inference_mode(), self._stream:
            self._network = Network(checkpoint, device)
            self._noise = Noise(voices, config.q_levels, device)
            self._start = torch.zeros((), dtype=torch.int64, device=device)
            """The position, for the device to read."""
            self._state = self._network.initial_state.repeat(voices, 1)
            self._codes = torch.zeros(self._lookback + SEGMENT_SAMPLES, voices, dtype=torch.int64, device=device)
            """The history, then a segment."""
            reach = max(SEGMENT_SAMPLES, config.taps) + config.taps
            self._firsts = torch.zeros(voices, reach, config.dims[0], device=device)
            """Sums of the first layers of a segment's samples and of `taps` more: of codes and conditioning so far."""
            self._logits = torch.zeros(SEGMENT_SAMPLES, voices, config.q_levels, device=device)
            self._patches: Sequence[Patch] = ()
            self._values = torch.zeros(4, voices, 1, device=device)
            self._drawn = self._stream.host_buffer(_BLOCK_SAMPLES, voices)
        self.reset()

    @torch.inference_mode()
    def render(self, count: int, patches: Sequence[Patch]) -> NDArray[np.uint8]:
        """See `Generator`; waits for the device, without the GIL."""
        self._set_patches(patches)
        cutting = any(cuts(patch, self.config.q_levels) for patch in patches)
        rendered = np.empty((self.voices, count), np.uint8)
        for start in range(0, count, _BLOCK_SAMPLES):
            size = min(_BLOCK_SAMPLES, count - start)
            with self._stream:
                for first, length in self._segments(size):
                    self._advance(length, RENDER, cutting)
                    drawn = self._codes[self._lookback - length : self._lookback]
                    self._drawn[first : first + length].copy_(drawn, non_blocking=True)
            self._stream.wait()
            rendered[:, start : start + size] = self._drawn[:size].numpy().T
        return rendered

    @torch.inference_mode()
    def prime(self, codes: NDArray[np.uint8]) -> None:
        """See `Generator`."""
        self._force(codes, PRIME)

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
            history = self._codes[: self._lookback].t().to(torch.uint8).cpu().numpy()
            return Snapshot(self._state.cpu().numpy().copy(), history, self._position, self._seed)

    @torch.inference_mode()
    def restore(self, snapshot: Snapshot) -> None:
        """See `Generator`."""
        self._position, self._seed = snapshot.position, snapshot.seed
        with self._stream:
            self._noise.set_seed(snapshot.seed)
            self._start.fill_(snapshot.position)
            self._state.copy_(torch.from_numpy(snapshot.state))
            self._codes[: self._lookback].copy_(torch.from_numpy(snapshot.history.T.copy()))
            self._recall()

    def _force(self, codes: NDArray[np.uint8], mode: int, logits: NDArray[np.float32] | None = None) -> None:
        forced = torch.from_numpy(codes.astype(np.int64)).to(self._codes.device)
        with self._stream:
            for first, length in self._segments(len(codes)):
                self._codes[self._lookback : self._lookback + length] = forced[first : first + length].unsqueeze(1)
                self._advance(length, mode)
                if logits is not None:
                    logits[first : first + length] = self._logits[:length].cpu().numpy()
            if mode == PRIME:
                self._recall()
        self._stream.wait()

    def _segments(self, count: int) -> Iterator[tuple[int, int]]:
        """The next `count` samples, cut where a graph ends: offset and length of each."""
        done = 0
        while done < count:
            phase = (self._position + done) % self._lookback
            length = min(count - done, self._lookback - phase, SEGMENT_SAMPLES)
            yield done, length
            done += length

    def _advance(self, count: int, mode: int, cutting: bool = False) -> None:
        phase = self._position % self._lookback
        self._stream.run((phase, count, mode, cutting), partial(self._play, phase, count, mode, cutting))
        self._position += count

    def _play(self, phase: int, count: int, mode: int, cutting: bool) -> None:
        """Step all voices by `count` samples, from `phase` within the slowest frame on. Waits for nothing."""
        codes, lookback = self._codes, self._lookback
        noise = self._noise.gumbels(self._start, count) if mode == RENDER else None
        for step in range(count):
            self._step_tiers(phase + step, lookback + step)
            if mode == PRIME:
                continue
            if (phase + step) % self.config.taps == 0:
                self._condition(step)
            logits = self._network.logits(self._firsts[:, step])
            if noise is None:
                self._logits[step] = logits
            else:
                draw(logits, noise[step], self._values, cutting, codes[lookback + step])
            self._push(codes[lookback + step], step + 1)
        codes[:lookback] = codes[count : count + lookback].clone()
        self._shift(count)
        self._start += count

    def _step_tiers(self, place: int, end: int) -> None:
        config = self.config
        for tier in range(config.tiers - 1, 0, -1):
            size = config.frame_sizes[tier - 1]
            if place % size == 0:
                step = place // size % config.ratio(tier + 1) if tier + 1 < config.tiers else 0
                self._network.step_tier(tier, self._codes[end - size : end], self._state, step)

    def _condition(self, at: int) -> None:
        """The frame that begins at row `at` of `_firsts`."""
        self._firsts[:, at : at + self.config.taps] += self._network.conditioning(1, self._state)

    def _push(self, code: Tensor, following: int) -> None:
        """What the codes `[voices]` add to the samples after them, the first of which is row `following`."""
        taps, table = self.config.taps, self._network.table
        self._firsts[:, following : following + taps] += table.index_select(0, code).unflatten(1, (taps, -1))

    def _shift(self, count: int) -> None:
        taps = self.config.taps
        self._firsts[:, :taps] = self._firsts[:, count : count + taps].clone()
        self._firsts[:, taps:] = 0.0

    def _recall(self) -> None:
        """`_firsts` from state and history: the sums in the order in which they were made, so alike to the bit."""
        taps = self.config.taps
        self._firsts.zero_()
        since = self._position % taps
        for row in range(taps):
            if row == taps - since:
                self._condition(row)
            self._push(self._codes[self._lookback - taps + row], row + 1)
        self._shift(taps)

    def _set_patches(self, patches: Sequence[Patch]) -> None:
        if len(patches) != self.voices:
            raise ValueError(f"{len(patches)} patches for {self.voices} voices")
        if self._patches != patches:
            self._patches = list(patches)
            with self._stream:
                self._values.copy_(patch_values(patches, self.config.q_levels))
