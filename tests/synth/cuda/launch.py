"""A launch of `segment.cu` in NumPy: workers as `frame_tiers.cuh` has them beside groups that draw, in any order.

Each worker, and each group that draws, is a generator: it yields where another may go on, and what it waits for.
"""

import ctypes
import random
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from livernn.synth.cuda.kernel_player import FrameTier, Params
from livernn.synth.cuda.partition import (
    COLUMNS,
    LEVELS,
    LINE,
    OPERAND_UNITS,
    TILE,
    WARPS,
    PackedFrameTier,
    PackedTier,
    Partition,
    groups_of,
)  # fmt: skip
from livernn.synth.philox import fill_gumbels
from tests.synth.cuda import replica
from tests.synth.cuda.replica import SUM_COLUMNS, SUM_ROWS, Operand

Course = Iterator[Callable[[], bool]]
"""Of a CTA, from one wait to the next."""

DRAWN = 0


def carried_flag(tier: int) -> int:
    """As the source's function of this name."""
    return 1 + 2 * tier


def told_flag(tier: int) -> int:
    """As the source's function of this name."""
    return 2 + 2 * tier


def at(address: int, shape: tuple[int, ...], dtype: Any = np.float32) -> np.ndarray:
    """What lies there."""
    count = int(np.prod(shape)) * np.dtype(dtype).itemsize
    return np.frombuffer((ctypes.c_char * count).from_address(address), dtype).reshape(shape)


def at_once() -> bool:
    """Nothing is waited for."""
    return True


class KernelReplica:
    """Stands for the kernel."""

    def __init__(
        self, parts: Partition, packed: PackedTier, frame_tiers: list[PackedFrameTier], workers: int, seed: int
    ) -> None:
        self.parts, self.packed, self.frame_tiers, self.workers = parts, packed, frame_tiers, workers
        self._random = random.Random(seed)

    def launch(self, params: Any) -> None:
        """Each in turn, at random, some far more often than others, as long as it likes; an error where all wait."""
        groups = range(groups_of(params.voices))
        courses: list[Course] = [Drawing(self, params, group).course() for group in groups]
        courses += [Worker(self, params, group, number).course() for group in groups for number in range(self.workers)]
        waits = dict.fromkeys(courses, at_once)
        haste = {course: 10.0 ** self._random.uniform(-4.0, 0.0) for course in courses}
        while waits:
            ready = [course for course, has_come in waits.items() if has_come()]
            (course,) = self._random.choices(ready, [haste[course] for course in ready])
            for has_come in course:
                waits[course] = has_come
                if not has_come() or self._random.random() < 0.5:
                    break
            else:
                del waits[course]


class Cta:
    """What all of a group see: voices, flags, codes."""

    def __init__(self, kernel: KernelReplica, params: Params, group: int) -> None:
        self.kernel, self.parts, self.params, self.group = kernel, kernel.parts, params, group
        self.flags = at(params.flags, (groups_of(params.voices), self.parts.flags, LINE), np.uint32)[group, :, 0]
        self.voices = [min(group * self.parts.voices + one, params.voices - 1) for one in range(self.parts.voices)]
        self.real = [group * self.parts.voices + one < params.voices for one in range(self.parts.voices)]

    def has(self, flag: int, count: int) -> Callable[[], bool]:
        """Whether a count has been reached."""
        return lambda: self.flags[flag] >= count

    def codes_at(self, first: int, count: int) -> np.ndarray:
        """Of the group's voices, `[count, voices]`, from sample `first` of the segment on."""
        row = 8 * self.params.voices
        return at(self.params.codes + first * row, (count, self.params.voices), np.int64)[:, self.voices]


class Drawing(Cta):
    """As `draw_codes`, all CTAs of a group at once."""

    def course(self) -> Course:
        """All samples."""
        params, taps = self.params, self.parts.taps
        low, high = at(params.key, (2,), np.int64).tolist()
        start = int(at(params.start, (1,), np.int64)[0])
        frames = 0
        for t in range(params.count):
            if (params.phase + t) % taps == 0:
                if t > 0:
                    self.flags[DRAWN] += 1
                frames += 1
                yield self.has(told_flag(0), frames * params.workers)
            conditioning = self._conditioning((params.phase + t) % taps)
            yield at_once
            rows = replica.logits(self.parts, self.kernel.packed, conditioning, self.codes_at(t - taps, taps).T)
            for one, voice in enumerate(self.voices):
                if not self.real[one]:
                    continue
                at(params.logits, (params.count, params.voices, params.levels))[t, voice] = rows[one, : params.levels]
                if not params.forced:
                    noise = np.empty((1, LEVELS))
                    fill_gumbels(noise, seed=low | high << 32, voice=voice, start=start + t)
                    patch = at(params.patches, (4, params.voices))[:, voice]
                    codes = at(params.codes, (params.count, params.voices), np.int64)
                    codes[t, voice] = replica.draw(rows[one], noise[0], patch)

    def _conditioning(self, place: int) -> np.ndarray:
        shape = (self.params.voices, self.parts.taps, self.parts.dim)
        return at(self.params.conditioning, shape)[self.voices, place].copy()


class Worker(Cta):
    """As the source's struct of this name."""

    def __init__(self, kernel: KernelReplica, params: Any, group: int, number: int) -> None:
        super().__init__(kernel, params, group)
        self.number = number
        self.sizes, self.dims = self.parts.frame_sizes, self.parts.frame_dims
        self.tiers: list[FrameTier] = list(params.tiers)
        self.weights = [
            PackedFrameTier(*(at(getattr(tier, name), one.shape, one.dtype) for name, one in packed._asdict().items()))
            for tier, packed in zip(self.tiers, kernel.frame_tiers, strict=True)
        ]
        self.hidden = [np.empty((dim, self.parts.voices), np.float32) for dim in self.dims]

    def course(self) -> Course:
        """All frames."""
        params, taps = self.params, self.parts.taps
        for tier in range(len(self.tiers)):
            self.hidden[tier][:] = self._state(self.tiers[tier].hidden, self.dims[tier]).T
            if self._steps_in(tier, params.count) > 0:
                yield from self._carry(tier, 0)
        for sample in range(-params.phase % taps, params.count, taps):
            yield self.has(DRAWN, (sample + taps - 1) // taps)
            for tier in reversed(range(len(self.tiers))):
                if (params.phase + sample) % self.sizes[tier] == 0:
                    yield from self._step(tier, sample)
            for tier in range(len(self.tiers)):
                steps = self._steps_in(tier, sample + 1)
                due = (params.phase + sample) % self.sizes[tier] == 0
                if due and steps < self._steps_in(tier, params.count):
                    yield from self._carry(tier, steps)
        if self.number == 0:
            for tier in range(len(self.tiers)):
                if self._steps_in(tier, params.count) > 0:
                    self._tell(self.tiers[tier].hidden, params.state_step, self.hidden[tier].T)

    def _steps_in(self, tier: int, count: int) -> int:
        size, phase = self.sizes[tier], self.params.phase
        return -(-(phase + count) // size) - -(-phase // size)

    def _carry(self, tier: int, step: int) -> Course:
        weights, carried = self.weights[tier], self._carried(tier, step)
        for rows, sums in self._rows(weights.recurrent, self._shown(tier, None)):
            carried[rows] = sums + weights.recurrent_bias[rows, None]
            yield at_once
        self.flags[carried_flag(tier)] += 1

    def _step(self, tier: int, sample: int) -> Course:
        workers, step = self.params.workers, self._steps_in(tier, sample)
        yield self.has(carried_flag(tier), (step + 1) * workers)
        if tier + 1 < len(self.tiers):
            yield self.has(told_flag(tier + 1), self._steps_in(tier + 1, sample + 1) * workers)
        yield from self._step_cell(tier, sample, step)
        weights, noise = self.weights[tier], None
        if self.tiers[tier].noise:
            shape = (self.params.voices, self.dims[tier])
            noise = at(self.tiers[tier].noise + 4 * step * int(np.prod(shape)), shape)[self.voices].T
        for rows, sums in self._rows(weights.telling, self._shown(tier, noise)):
            told = sums + weights.telling_bias[rows, None]
            self._tell(self.tiers[tier].told + 4 * int(rows[0]), self.tiers[tier].told_step, told.T)
            yield at_once
        self.flags[told_flag(tier)] += 1

    def _step_cell(self, tier: int, sample: int, step: int) -> Course:
        params, weights, size, dim = self.params, self.weights[tier], self.sizes[tier], self.dims[tier]
        frame = Operand(-(-size // OPERAND_UNITS) * OPERAND_UNITS)
        levels = np.zeros((len(self.voices), size + 1))
        levels[:, :size] = (self.codes_at(sample - size, size) - params.middle).T
        for voice in range(len(self.voices)):
            for first in range(0, size, 2):
                frame.store(first, voice, levels[voice, first : first + 2])
        heard = np.zeros((len(self.voices), 3 * dim))
        for tile in range(dim // TILE):
            entering, kept = np.empty((2, 3, TILE, len(self.voices)))
            for gate in range(3):
                rows = gate * dim + tile * TILE + np.arange(TILE)
                if tier + 1 < len(self.tiers):
                    above = (params.phase + sample) // size % (self.sizes[tier + 1] // size)
                    heard = self._state(self.tiers[tier].heard + 4 * 3 * dim * above, 3 * dim)
                sums = self._product(weights.frame[gate * (dim // TILE) + tile], frame)
                entering[gate] = sums + weights.frame_bias[rows, None] + heard.T[rows]
                kept[gate] = self._carried(tier, step)[rows]
            hidden = self.hidden[tier][tile * TILE : (tile + 1) * TILE]
            reset, update = (1.0 / (1.0 + np.exp(-(entering[gate] + kept[gate]))) for gate in (0, 1))
            fresh = np.tanh(entering[2] + reset * kept[2])
            hidden[:] = fresh + update * (hidden - fresh)
            yield at_once

    def _shown(self, tier: int, noise: np.ndarray | None) -> Operand:
        operand, state = Operand(self.dims[tier]), self.hidden[tier] + (0.0 if noise is None else noise)
        for voice in range(len(self.voices)):
            for unit in range(0, self.dims[tier], 2):
                operand.store(unit, voice, state[unit : unit + 2, voice])
        return operand

    def _rows(self, matrix: np.ndarray, operand: Operand) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        for warp in range(WARPS):
            for tile in range(warp * self.params.workers + self.number, len(matrix), WARPS * self.params.workers):
                yield tile * TILE + np.arange(TILE), self._product(matrix[tile], operand)

    def _product(self, tiles: np.ndarray, operand: Operand) -> np.ndarray:
        sums = np.empty((TILE, COLUMNS))
        sums[SUM_ROWS, SUM_COLUMNS] = replica.multiplied(tiles, operand, range(len(tiles)))
        return sums[:, : len(self.voices)]

    def _carried(self, tier: int, step: int) -> np.ndarray:
        shape = (groups_of(self.params.voices), 2, 3 * self.dims[tier], self.parts.voices)
        return at(self.tiers[tier].carried, shape)[self.group, step & 1]

    def _state(self, address: int, count: int) -> np.ndarray:
        """Of the group's voices, `[voices, count]`; `address` is the first voice's."""
        return np.stack([at(address + 4 * self.params.state_step * voice, (count,)) for voice in self.voices])

    def _tell(self, address: int, step: int, values: np.ndarray) -> None:
        """Write `[voices, count]`, those that are real; `address` is the first voice's."""
        for voice, real, row in zip(self.voices, self.real, values, strict=True):
            if real:
                at(address + 4 * step * voice, row.shape)[:] = row
