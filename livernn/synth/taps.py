"""What the last samples add to the sample tier's first layer: rows of a table, summed in registers."""

from typing import Any

import numpy as np
from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic
from numpy.typing import NDArray

from livernn.synth.compiled import network_inline
from livernn.synth.packing import aligned, padded
from livernn.synth.rounding import TapTable

LANES = 16
CHUNK = 4 * LANES
"""Units that are summed at once. Rows of the table are padded to whole chunks."""

_VECTORS = range(CHUNK // LANES)
_BYTE, _WORD, _INT, _FLOAT = ir.IntType(8), ir.IntType(32), ir.IntType(64), ir.FloatType()
_FLOATS, _WORDS, _SHORTS, _BYTES = (ir.VectorType(kind, LANES) for kind in (_FLOAT, _WORD, ir.IntType(16), _BYTE))
_ITEM_BYTES = {_FLOATS: 4, _SHORTS: 2, _BYTES: 1}


def pack_table(table: TapTable) -> NDArray[Any]:
    """Row after row, oldest tap first: bytes for the narrow taps, then `table.levels`' own type."""
    taps, q_levels, dim = table.levels.shape
    units, item_bytes = padded(dim, CHUNK), table.levels.itemsize
    narrow, wide = table.narrow * q_levels * units, (taps - table.narrow) * q_levels * units
    packed = aligned(narrow // item_bytes + wide, table.levels.dtype)
    rows = packed[: narrow // item_bytes].view(np.int8).reshape(table.narrow, q_levels, units)
    rows[..., :dim] = table.levels[: table.narrow]
    rows = packed[narrow // item_bytes :].reshape(taps - table.narrow, q_levels, units)
    rows[..., :dim] = table.levels[table.narrow :]
    return packed


@network_inline
def row_start(sample: Any, tap: int, code: Any) -> Any:
    """Byte of the packed table at which the row of a code begins."""
    if tap < sample.narrow:
        return (tap * sample.q_levels + code) * sample.narrow_bytes
    wide = (tap - sample.narrow) * sample.q_levels + code
    return sample.narrow * sample.q_levels * sample.narrow_bytes + wide * sample.wide_bytes


def _emit(
    typing_context: Any,  # noqa: ARG001
    table: Any,
    starts: Any,
    narrow: Any,  # noqa: ARG001
    units: Any,  # noqa: ARG001
    sums: Any,
) -> Any:
    integer = table.dtype == types.int16
    summed = _WORDS if integer else _FLOATS

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        table, starts, sums = (context.make_array(signature.args[i])(context, builder, arguments[i]) for i in (0, 1, 4))
        narrow, units = arguments[2], arguments[3]
        rows, row_starts, out = (builder.bitcast(array.data, ir.PointerType(_BYTE)) for array in (table, starts, sums))
        taps = cgutils.unpack_tuple(builder, starts.shape)[0]  # type: ignore[no-untyped-call]
        chunks = builder.udiv(builder.add(units, _INT(CHUNK - 1)), _INT(CHUNK))
        with cgutils.for_range(builder, chunks, intp=_INT) as chunk:
            unit = builder.mul(chunk.index, _INT(CHUNK))
            totals = [ir.Constant(summed, [0] * LANES) for _ in _VECTORS]
            if integer:
                totals = _add_rows(builder, rows, row_starts, unit, (_INT(0), narrow), totals, _BYTES)
                totals = _add_rows(builder, rows, row_starts, unit, (narrow, taps), totals, _SHORTS)
            else:
                totals = _add_rows(builder, rows, row_starts, unit, (_INT(0), taps), totals, _FLOATS)
            for vector, total in enumerate(totals):
                result = builder.sitofp(total, _FLOATS) if integer else total
                builder.store(result, _vector(builder, out, _INT(0), unit, vector, _FLOATS), align=4)
        return context.get_dummy_value()

    return types.void(table, starts, types.intp, types.intp, sums), generate


def _add_rows(
    builder: Any, rows: Any, row_starts: Any, unit: Any, between: tuple[Any, Any], totals: list[Any], stored: Any
) -> list[Any]:
    """`totals` and a chunk of units from `unit` on of the rows of some taps, whose vectors are `stored`."""
    first, stop = between
    before, head = builder.block, builder.append_basic_block("taps")
    body, done = builder.append_basic_block("taps.body"), builder.append_basic_block("taps.done")
    builder.branch(head)
    builder.position_at_end(head)
    tap, running = builder.phi(_INT), [builder.phi(total.type) for total in totals]
    builder.cbranch(builder.icmp_unsigned("<", tap, stop), body, done)
    builder.position_at_end(body)
    row = builder.load(builder.bitcast(builder.gep(row_starts, [builder.mul(tap, _INT(8))]), ir.PointerType(_INT)))
    for vector, (total, begun) in enumerate(zip(running, totals, strict=True)):
        values = builder.load(_vector(builder, rows, row, unit, vector, stored), align=_ITEM_BYTES[stored])
        more = builder.fadd(total, values) if stored is _FLOATS else builder.add(total, builder.sext(values, _WORDS))
        total.add_incoming(begun, before)
        total.add_incoming(more, body)
    tap.add_incoming(first, before)
    tap.add_incoming(builder.add(tap, _INT(1)), body)
    builder.branch(head)
    builder.position_at_end(done)
    return running


def _vector(builder: Any, base: Any, row: Any, unit: Any, vector: int, stored: Any) -> Any:
    """Address of one of a chunk's vectors, in the row that begins at the byte `row`."""
    item = builder.mul(builder.add(unit, _INT(vector * LANES)), _INT(_ITEM_BYTES[stored]))
    return builder.bitcast(builder.gep(base, [builder.add(row, item)]), ir.PointerType(stored))


sum_rows: Any = intrinsic(_emit)
"""`sum_rows(table, starts, narrow, units, sums)`: `sums[:units]`, rounded up to whole chunks, is the sum of the rows
of a packed int16 or float32 table that begin at the bytes `starts` (int64); of int16 ones the first `narrow` are bytes.
"""
