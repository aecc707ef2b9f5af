"""The specification: SampleRNN sampling as one plain NumPy step (arXiv 1612.07837, section 2).

Slow and meant to be read. Every kernel is compared with it: logits under teacher forcing, then codes for the same
uniforms.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from livernn.control.patch import Patch
from livernn.model.checkpoint import Checkpoint
from livernn.model.config import FRAME_SCALE
from livernn.model.precision import Precision, matrix_format
from livernn.model.quantize import silence_code
from livernn.synth.folding import frame_gates, tap_table
from livernn.synth.philox import add_normals, key_of
from livernn.synth.rounding import LARGEST, quantise_table, quantise_vector, rounded
from livernn.synth.steady import FOLLOW_S, MOST

Floats = NDArray[np.floating[Any]]

NO_NOISE = Patch()


def sigmoid(x: Floats) -> Floats:
    """Logistic function."""
    return 1.0 / (1.0 + np.exp(-x))


class Reference:
    """One voice in float64, one sample per call.

    `precision` rounds what a kernel of that precision rounds: matrices, and where they are integers the vectors that
    they are multiplied with, to levels 0..`top_level`. Layers are folded as `folding.py` says. The noise of the
    frame tiers is that of `patch`, `seed` and `voice`.
    """

    def __init__(
        self,
        checkpoint: Checkpoint,
        precision: Precision = "fp32",
        top_level: int = 255,
        *,
        patch: Patch = NO_NOISE,
        seed: int = 0,
        voice: int = 0,
    ) -> None:
        self.config = config = checkpoint.config
        self._patch, self._key, self._voice = patch, key_of(seed), voice
        self._top_level = top_level if precision in LARGEST else 0
        self._weights = {name: array.astype(np.float64) for name, array in checkpoint.weights.items()}
        for tier in range(1, config.tiers):
            prefix = f"frame_tiers.{tier - 1}"
            gates, bias = frame_gates(checkpoint, prefix)
            self._weights |= {
                f"{prefix}.frame.weight": gates.astype(np.float64),
                f"{prefix}.frame.bias": bias.astype(np.float64),
            }
        for name, array in self._weights.items():
            if ".weight" in name:
                form = precision if name.endswith("upsample.weight") else matrix_format(precision)
                self._weights[name] = rounded(array.astype(np.float32), form).astype(np.float64)
        table = quantise_table(tap_table(checkpoint), precision)
        self._table = table.levels * table.scale.astype(np.float64)
        self._history = np.full(config.lookback_samples, silence_code(config), np.uint8)
        self._position = 0
        self._states = [self._weights[f"frame_tiers.{tier - 1}.initial"].copy() for tier in range(1, config.tiers)]
        self._conditioning = [np.zeros((config.ratio(tier), config.dims[tier - 1])) for tier in range(1, config.tiers)]

    def logits(self) -> Floats:
        """Of the next sample, `[q_levels]`; runs the frame tiers that are due."""
        config = self.config
        for tier in range(config.tiers - 1, 0, -1):
            if self._position % config.frame_sizes[tier - 1] == 0:
                self._step_frame_tier(tier)
        weight = self._weights
        taps = self._table[np.arange(config.taps), self._history[-config.taps :]].sum(axis=0)
        hidden = np.maximum(taps + self._conditioning[0][self._position % config.taps], 0.0)
        hidden = np.maximum(self._product("sample_tier.hidden.weight", hidden) + weight["sample_tier.hidden.bias"], 0.0)
        return self._product("sample_tier.output.weight", hidden) + weight["sample_tier.output.bias"]

    def push(self, code: int) -> None:
        """Take `code` as the sample whose logits were asked for last."""
        self._history = np.append(self._history[1:], np.uint8(code))
        self._position += 1

    def forced_logits(self, codes: NDArray[np.uint8]) -> Floats:
        """Of every one of `codes`, `[n, q_levels]`, each taken as the sample that followed."""
        rows = []
        for code in codes:
            rows.append(self.logits())
            self.push(int(code))
        return np.array(rows)

    def _step_frame_tier(self, tier: int) -> None:
        config, weight = self.config, self._weights
        prefix = f"frame_tiers.{tier - 1}"
        middle = (config.q_levels - 1) / 2.0
        frame = (self._history[-config.frame_sizes[tier - 1] :] - middle) * (FRAME_SCALE / middle)
        gates = self._product(f"{prefix}.frame.weight", frame) + weight[f"{prefix}.frame.bias"]
        if tier < config.tiers - 1:
            steps = self._position // config.frame_sizes[tier - 1]
            above = self._conditioning[tier][steps % config.ratio(tier + 1)]
            gates = gates + self._product(f"{prefix}.rnn.weight_ih_l0", above)
        step = self._gru if config.cell == "gru" else self._lstm
        signal = step(prefix, 0, gates, self._states[tier - 1][:, 0])
        for layer in range(1, config.layers):
            signal = step(prefix, layer, self._gates(prefix, layer, "ih", signal), self._states[tier - 1][:, layer])
        heard = self._with_noise(tier, signal)
        spread = self._product(f"{prefix}.upsample.weight", heard).reshape(-1, config.dims[tier - 1])
        self._conditioning[tier - 1] = spread + weight[f"{prefix}.upsample.bias"]

    def _with_noise(self, tier: int, signal: Floats) -> Floats:
        """What the tier below hears of a state. The state itself, bounded and fed back, has no noise."""
        heard = signal.copy()
        level = self._patch.noise_fast if tier == 1 else self._patch.noise_slow
        if level > 0.0:
            add_normals(heard, level, self._key, self._voice, tier, self._position)
        return heard

    def _product(self, name: str, x: Floats) -> Floats:
        if self._top_level:
            levels, low, scale = quantise_vector(x.astype(np.float32), self._top_level)
            x = float(low) + float(scale) * levels
        return np.asarray(self._weights[name] @ x)

    def _gates(self, prefix: str, layer: int, source: str, signal: Floats) -> Floats:
        product = self._product(f"{prefix}.rnn.weight_{source}_l{layer}", signal)
        return product + self._weights[f"{prefix}.rnn.bias_{source}_l{layer}"]

    def _gru(self, prefix: str, layer: int, gates: Floats, state: Floats) -> Floats:
        """`gates` from the input; the reset gate acts after the matrix, as in torch and cuDNN.

        `state` `[1, dim]` is updated in place.
        """
        reset_in, update_in, new_in = np.split(gates, 3)
        reset_state, update_state, new_state = np.split(self._gates(prefix, layer, "hh", state[0]), 3)
        update = sigmoid(update_in + update_state)
        new = np.tanh(new_in + sigmoid(reset_in + reset_state) * new_state)
        state[0] = new + update * (state[0] - new)
        return np.asarray(state[0])

    def _lstm(self, prefix: str, layer: int, gates: Floats, state: Floats) -> Floats:
        """`gates` from the input. `state` `[2, dim]` holds h and c and is updated in place."""
        total = gates + self._gates(prefix, layer, "hh", state[0])
        enter, forget, new, out = np.split(total, 4)
        state[1] = sigmoid(forget) * state[1] + sigmoid(enter) * np.tanh(new)
        state[0] = sigmoid(out) * np.tanh(state[1])
        return np.asarray(state[0])


class Steadying:
    """What the patch's `steady` makes of the temperature, sample by sample; see `steady.py`."""

    def __init__(self, checkpoint: Checkpoint) -> None:
        self._foresight = checkpoint.foresight
        self._seconds_samples = FOLLOW_S * checkpoint.config.sample_rate_hz
        self._frame_samples = checkpoint.config.lookback_samples
        self.excess_bits = 0.0
        """Of the last second, over what music has."""
        self._held_bits = 0.0
        self._pushed = 0

    def patch(self, patch: Patch) -> Patch:
        """To draw the next code with."""
        if self._pushed % self._frame_samples == 0:
            self._held_bits = self.excess_bits
        lead = np.clip(-patch.steady * self._held_bits, -MOST, MOST)
        return patch.with_value("temperature", patch.temperature * float(np.exp(lead)))

    def push(self, probability: float) -> None:
        """Of the code that was drawn, after `distribution`."""
        self._pushed += 1
        if self._foresight is not None:
            bits = -np.log2(probability) - self._foresight.own_bits
            self.excess_bits += (1.0 - np.exp(-1.0 / self._seconds_samples)) * (bits - self.excess_bits)


def distribution(logits: Floats, patch: Patch) -> Floats:
    """Probabilities that a code is drawn with, `[q_levels]`.

    In this order: temperature; top-k keeps the levels no less likely than the k-th; top-p then keeps the likeliest
    that together reach its share of what is left; min-p drops those below its share of the likeliest. Levels that are
    equally likely are kept or dropped together.
    """
    scaled = np.exp((logits - logits.max()) / patch.temperature)
    ordered = np.sort(scaled)[::-1]
    threshold = 0.0
    if 0 < patch.top_k < len(ordered):
        threshold = ordered[int(patch.top_k) - 1]
    if patch.top_p < 1.0:
        left = ordered[ordered >= threshold]
        reached = np.searchsorted(np.cumsum(left), patch.top_p * left.sum())
        threshold = max(threshold, left[min(reached, len(left) - 1)])
    threshold = max(threshold, patch.min_p * ordered[0])
    kept = np.where(scaled >= threshold, scaled, 0.0)
    return np.asarray(kept / kept.sum())


def draw(probabilities: Floats, uniform: float) -> int:
    """The first code whose cumulated probability exceeds `uniform`."""
    return int(np.searchsorted(np.cumsum(probabilities), uniform, side="right").clip(max=len(probabilities) - 1))


def draw_by_noise(probabilities: Floats, noise: Floats) -> int:
    """The code whose log probability plus Gumbel noise `[q_levels]` is largest: how a GPU draws."""
    with np.errstate(divide="ignore"):
        return int(np.argmax(np.log(probabilities) + noise))
