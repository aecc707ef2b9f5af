"""The vigil: what is played, watched by the second: whether it is healthy, silent, noise or stuck in a loop."""

import math
from collections import deque
from dataclasses import dataclass
from itertools import groupby, takewhile
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from livernn.control.trouble import Trouble
from livernn.model.config import ModelConfig
from livernn.model.foresight import Foresight
from livernn.model.quantize import Audio
from livernn.synth.dead_seconds import (
    LOOP_COSINE,
    LOOP_REACH_S,
    NOISE_FLATNESS,
    SILENT_DB,
    Spectra,
    flatness,
    power_spectra,
    unit_spectra,
)
from livernn.synth.filters import Decoder
from livernn.units import gain_to_db

GLANCE_S = 0.1
"""Between two looks at the last second."""

LOOP_PATIENCE_S = 5.0
"""So long may a tone be held or a bar be repeated; recorded music does so for 4.5 s at most (docs/guard.md)."""

DRONE_COSINE = 0.7
"""What counts as the same again where the network is far surer of what comes next than it is of music."""

NOISE_ABOVE_BUSIEST_BITS = 0.25
"""From the busiest second of held-out music."""

NOISE_ABOVE_BITS = 0.75
"""Per sample, from what the checkpoint has on held-out music on the whole."""

DRONE_BELOW_BITS = 0.65
"""From music like its own."""

DRONE_BELOW_HELD_OUT_BITS = 1.25
"""From held-out music, which surprises it more, where no more is known."""

NOISE_SHARE = 0.75
"""Of the bits of white noise, where it is not known what the checkpoint has on music."""

_HEALTHY_ABOVE_DB = 10.0
"""From silence."""

_SECOND = round(1.0 / GLANCE_S)
"""In glances."""

_REMEMBERED_S = 10.0
"""Of what was seen."""

_LEAD_IN_S = 0.2
"""By then filters have forgotten what was before it."""

_KEPT_S = 2.5
"""Of what was heard: enough for a second to be left when the ring is rendered again."""


@dataclass(frozen=True)
class Glance:
    """At the second up to sample `end`. `bits`: surprisal in each tenth of it; `alike` one of the seconds before."""

    end: int
    level_db: float
    flatness: float
    bits: NDArray[np.float64]
    alike: bool


class _Block(NamedTuple):
    """Codes `[voices, n]` up to sample `end`, and their mean surprisal."""

    end: int
    codes: NDArray[np.uint8]
    bits: float


class Vigil:
    """Over the sum of all voices, before gains and limiter. One thread. Sound is worked out at a glance only."""

    def __init__(self, config: ModelConfig, foresight: Foresight | None) -> None:
        """`foresight`: how well the checkpoint foresees music, if that is known."""
        self._rate_hz = config.sample_rate_hz
        self._noise_bits, self._drone_bits = _limits_bits(config, foresight)
        self._decoder = Decoder(config)
        self._blocks: deque[_Block] = deque()
        self._glances: deque[Glance] = deque(maxlen=round(_REMEMBERED_S / GLANCE_S))
        rows = round((LOOP_REACH_S + 1) / GLANCE_S)
        self._spectra = np.zeros((rows, self._rate_hz // 2 + 1), np.float32)
        """Unit spectra of the last seconds, those up to `_ends`; in no order, -1 where there is none."""
        self._ends = np.full(rows, -1)
        self._looked = 0

    def start_anew(self) -> None:
        """Forget all: what comes next does not continue it."""
        self._blocks.clear()
        self._glances.clear()
        self._ends[:] = -1

    def hear(self, at: int, codes: NDArray[np.uint8], bits: float) -> bool:
        """Codes `[voices, n]` and their mean surprisal from sample `at` on; whether there was a new glance.

        What was heard from `at` on before has been rendered again, and is forgotten.
        """
        if self._blocks and self._blocks[-1].end != at:
            self._go_back(at)
        if not self._blocks:
            self._looked = at
        end = at + codes.shape[1]
        self._blocks.append(_Block(end, codes, bits))
        if end - self._looked < GLANCE_S * self._rate_hz:
            return False
        self._looked = end
        while self._blocks[0].end < end - _KEPT_S * self._rate_hz:
            self._blocks.popleft()
        return self._look(end)

    @property
    def healthy(self) -> bool:
        """Whether the last second was, with room to spare."""
        if not self._glances:
            return False
        last = self._glances[-1]
        sounds = last.level_db > SILENT_DB + _HEALTHY_ABOVE_DB and last.flatness < NOISE_FLATNESS
        new = not all(glance.alike for glance in [*self._glances][-_SECOND:])
        return sounds and new and not last.bits.max() > self._noise_bits

    @property
    def trouble(self) -> Trouble | None:
        """What the last second is dead of, if it is."""
        if not self._glances:
            return None
        last = self._glances[-1]
        if last.level_db < SILENT_DB:
            return Trouble.SILENT
        if last.flatness > NOISE_FLATNESS or last.bits.min() > self._noise_bits:
            return Trouble.NOISY
        return Trouble.LOOPING if self.repeating_s >= LOOP_PATIENCE_S else None

    @property
    def repeating_s(self) -> float:
        """For so long every second has resembled one before it; not beyond `_REMEMBERED_S`."""
        alike = takewhile(lambda glance: glance.alike, reversed(self._glances))
        return sum(1 for _ in alike) * GLANCE_S

    def _go_back(self, at: int) -> None:
        while self._blocks and self._blocks[-1].end > at:
            self._blocks.pop()
        if not self._blocks or self._blocks[-1].end != at:
            self.start_anew()
            return
        while self._glances and self._glances[-1].end > at:
            self._glances.pop()
        self._ends[self._ends > at] = -1
        self._looked = min(self._looked, at)

    def _look(self, end: int) -> bool:
        recent = [block for block in self._blocks if block.end > end - self._rate_hz]
        sound = self._sound(end)
        if sound.size < self._rate_hz:
            return False
        power = power_spectra(sound, self._rate_hz, self._rate_hz)
        tenths = np.array_split([block.bits for block in recent], min(10, len(recent)))
        bits = np.array([tenth.mean() for tenth in tenths])
        self._glances.append(
            Glance(
                end=end,
                level_db=gain_to_db(math.sqrt(float(np.mean(np.square(sound), dtype=np.float64)))),
                flatness=float(flatness(power)[0]),
                bits=bits,
                alike=self._is_alike(end, unit_spectra(power)[0], float(bits.mean())),
            )
        )
        return True

    def _sound(self, end: int) -> Audio:
        """The last second, as if silence had been decoded until a little before it."""
        self._decoder.reset()
        begin = end - (1.0 + _LEAD_IN_S) * self._rate_hz
        codes = [block.codes for block in self._blocks if block.end > begin]
        parts = [np.concatenate([*part], axis=1) for _, part in groupby(codes, key=len)]
        return np.concatenate([self._decoder.process(part).sum(axis=0) for part in parts])[-self._rate_hz :]

    def _is_alike(self, end: int, spectrum: Spectra, bits: float) -> bool:
        """Whether this second resembles an earlier one; it is kept for those to come."""
        ages = end - self._ends
        within = (self._ends >= 0) & (ages >= self._rate_hz) & (ages <= LOOP_REACH_S * self._rate_hz)
        # Not by BLAS, whose threads would wake up beside the sampler's.
        cosines = np.einsum("sb,b->s", self._spectra, spectrum)
        oldest = int(np.argmin(self._ends))
        self._spectra[oldest], self._ends[oldest] = spectrum, end
        limit = DRONE_COSINE if bits < self._drone_bits else LOOP_COSINE
        return bool(np.any(within & (cosines > limit)))


def _limits_bits(config: ModelConfig, foresight: Foresight | None) -> tuple[float, float]:
    """Above which it is noise, and below which a drone."""
    if foresight is None:
        return NOISE_SHARE * math.log2(config.q_levels), 0.0
    held_out_bits, busiest_bits, trained_bits = foresight
    if busiest_bits is None or busiest_bits < held_out_bits:  # which it is where each second has a pause, as of words
        noise_bits = held_out_bits + NOISE_ABOVE_BITS
    else:
        noise_bits = busiest_bits + NOISE_ABOVE_BUSIEST_BITS
    drone_bits = held_out_bits - DRONE_BELOW_HELD_OUT_BITS if trained_bits is None else trained_bits - DRONE_BELOW_BITS
    return noise_bits, drone_bits
