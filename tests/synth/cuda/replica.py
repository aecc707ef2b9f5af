"""`sample_tier.cuh` in NumPy: the same weights found by the same indices, group by group, warp by warp, lane by lane.

Tensor cores are written out as the PTX ISA lays out their operands (mma.m16n8k16), not as `partition.py` packs them.
"""

import numpy as np

from livernn.synth.cuda.partition import COLUMNS, LANES, LEVELS, TILE, WARPS, PackedTier, Partition

G, C = np.arange(LANES)[:, np.newaxis] >> 2, np.arange(LANES)[:, np.newaxis] & 3
"""As the PTX ISA numbers the lanes of a warp: groupID and threadID_in_group."""

A_ROWS, A_COLUMNS = G + np.tile([0, 0, 8, 8], 2), 2 * C + np.repeat([0, 8], 4) + np.tile([0, 1], 4)
B_ROWS = 2 * C + np.array([0, 1, 8, 9])
SUM_ROWS, SUM_COLUMNS = G + np.array([0, 0, 8, 8]), 2 * C + np.array([0, 1, 0, 1])
"""Where what a lane holds lies, `[lane, ...]`."""


def mma(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Registers a `[lane, 8]` halves and b `[lane, 4]` halves; sums c `[lane, 4]`."""
    rows, columns = np.zeros((16, 16)), np.zeros((16, 8))
    rows[A_ROWS, A_COLUMNS], columns[B_ROWS, G] = a, b
    return (rows @ columns)[SUM_ROWS, SUM_COLUMNS]


def operand_word(unit: int, voice: int) -> int:
    """As the source's function of this name."""
    tile, within = unit >> 4, unit & 15
    lane = voice * 4 + ((within & 7) >> 1)
    return ((tile >> 1) * 32 + lane) * 4 + (tile & 1) * 2 + (within >> 3)


class Operand:
    """`Shared::first` or `second`: words of two halves, read as lanes read them."""

    def __init__(self, units: int) -> None:
        self._words = np.zeros((units // 32 * LANES * 4, 2), np.float16)

    def store(self, unit: int, voice: int, pair: np.ndarray) -> None:
        self._words[operand_word(unit, voice)] = pair

    def load(self, tile: int) -> np.ndarray:
        """Of one tile of 16 units: half of what a lane reads at once."""
        both = self._words.reshape(-1, LANES, 8)[tile >> 1]
        return both[:, 4 * (tile & 1) : 4 * (tile & 1) + 4]


def multiplied(tiles: np.ndarray, operand: Operand, columns: range) -> np.ndarray:
    """Some columns of a row of tiles `[column tile, lane, 8]` times an operand: sums `[lane, 4]`."""
    return np.sum([mma(tiles[k], operand.load(k)) for k in columns], axis=0)


def logits(parts: Partition, packed: PackedTier, conditioning: np.ndarray, history: np.ndarray) -> np.ndarray:
    """Of one sample of `voices` of a group, `[voices, LEVELS]`.

    `conditioning` is `[voices, dim]`, `history` the last `taps` codes, `[voices, taps]`.
    """
    voices = len(history)
    taps = np.arange(parts.taps)
    partial = np.zeros((parts.group, LEVELS, COLUMNS))
    first = Operand(parts.dim)
    for voice in range(voices):
        sums = conditioning[voice] + packed.table[taps, history[voice]].astype(np.float64).sum(axis=0)
        for unit in range(0, parts.dim, 2):
            first.store(unit, voice, np.maximum(sums[unit : unit + 2], 0.0))
    for rank in range(parts.group):
        second = Operand(parts.rows)
        sums = _second_layer(parts, packed, first, rank) + packed.hidden_bias[rank * parts.rows :][: parts.rows, None]
        for voice in range(voices):
            for unit in range(0, parts.rows, 2):
                second.store(unit, voice, np.maximum(sums[unit : unit + 2, voice], 0.0))
        for warp in range(WARPS):
            total = multiplied(packed.output[rank, warp], second, range(parts.rows // TILE))
            partial[rank, warp * 16 + SUM_ROWS, SUM_COLUMNS] = total
    return (partial.sum(axis=0) + packed.output_bias[:, None]).T[:voices]


def _second_layer(parts: Partition, packed: PackedTier, first: Operand, rank: int) -> np.ndarray:
    """A CTA's rows, `[rows, COLUMNS]`, without their bias."""
    row_tiles, k_tiles = parts.rows // TILE, parts.dim // TILE // parts.k_split
    sums = np.zeros((parts.k_split, parts.rows, COLUMNS))
    for warp in range(WARPS):
        tile, split = warp % row_tiles, warp // row_tiles
        total = multiplied(packed.hidden[rank, tile], first, range(split * k_tiles, (split + 1) * k_tiles))
        sums[split, tile * 16 + SUM_ROWS, SUM_COLUMNS] = total
    return sums.sum(axis=0)


def sortable(values: np.ndarray) -> np.ndarray:
    """As the source's function of this name."""
    bits = values.astype(np.float32).view(np.uint32)
    return np.where(bits >> 31, ~bits, bits | np.uint32(0x80000000))


def least_kept(scaled: np.ndarray, last: int, top_p: float, min_p: float) -> int:
    """As the source's function of this name: the same search, bit by bit."""
    keys, highest, kept = sortable(scaled), scaled.max(), 0
    masses = (np.exp(scaled - highest) * 2.0**22).astype(np.int64)
    for bit in (1 << shift for shift in range(31, -1, -1)):
        if last < LEVELS - 1 and (keys >= (kept | bit)).sum() > last:
            kept |= bit
    if top_p < 1.0:
        wanted, least = max(1, int(top_p * masses[keys >= kept].sum())), 0
        for bit in (1 << shift for shift in range(31, -1, -1)):
            if masses[keys >= (least | bit)].sum() >= wanted:
                least |= bit
        kept = max(kept, least)
    return max(kept, int(sortable(np.float32(highest + np.log(min_p))))) if min_p > 0.0 else kept


def draw(row: np.ndarray, noise: np.ndarray, patch: np.ndarray) -> int:
    """As the source's function of this name: logits and noise `[LEVELS]`, patch of `draw.patch_values` `[4]`."""
    scaled = (row * patch[0]).astype(np.float32)
    kept = least_kept(scaled, int(patch[1]), float(patch[2]), float(patch[3]))
    return int(np.argmax(np.where(sortable(scaled) >= kept, scaled + noise, -np.inf)))
