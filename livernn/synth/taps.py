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
    wide, wide_bytes = (_SHORTS, 2) if integer else (_FLOATS, 4)

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        def array(index: int) -> Any:
            return context.make_array(signature.args[index])(context, builder, arguments[index])

        def data(index: int) -> Any:
            return builder.bitcast(array(index).data, ir.PointerType(_BYTE))

        def address(base: Any, at: Any, unit: Any, item_bytes: int, vector: int, target: Any) -> Any:
            item = builder.mul(builder.add(unit, _INT(vector * LANES)), _INT(item_bytes))
            return builder.bitcast(builder.gep(base, [builder.add(at, item)]), ir.PointerType(target))

        def add_rows(unit: Any, first: Any, stop: Any, totals: list[Any], stored: Any, item_bytes: int) -> list[Any]:
            """`totals` and the units from `unit` on of the rows `first` to `stop`."""
            before, head = builder.block, builder.append_basic_block("taps")
            body, done = builder.append_basic_block("taps.body"), builder.append_basic_block("taps.done")
            builder.branch(head)
            builder.position_at_end(head)
            tap, running = builder.phi(_INT), [builder.phi(summed) for _ in _VECTORS]
            builder.cbranch(builder.icmp_unsigned("<", tap, stop), body, done)
            builder.position_at_end(body)
            row = builder.load(
                builder.bitcast(builder.gep(row_starts, [builder.mul(tap, _INT(8))]), ir.PointerType(_INT))
            )
            for vector, (total, begun) in enumerate(zip(running, totals, strict=True)):
                values = builder.load(address(rows, row, unit, item_bytes, vector, stored), align=item_bytes)
                total.add_incoming(begun, before)
                total.add_incoming(
                    builder.add(total, builder.sext(values, _WORDS)) if integer else builder.fadd(total, values), body
                )
            tap.add_incoming(first, before)
            tap.add_incoming(builder.add(tap, _INT(1)), body)
            builder.branch(head)
            builder.position_at_end(done)
            return running

        rows, row_starts, out = data(0), data(1), data(4)
        taps = cgutils.unpack_tuple(builder, array(1).shape)[0]  # type: ignore[no-untyped-call]
        chunks = builder.udiv(builder.add(arguments[3], _INT(CHUNK - 1)), _INT(CHUNK))
        with cgutils.for_range(builder, chunks, intp=_INT) as chunk:
            unit = builder.mul(chunk.index, _INT(CHUNK))
            totals = [ir.Constant(summed, [0] * LANES) for _ in _VECTORS]
            first_wide = _INT(0)
            if integer:
                totals = add_rows(unit, _INT(0), arguments[2], totals, _BYTES, 1)
                first_wide = arguments[2]
            totals = add_rows(unit, first_wide, taps, totals, wide, wide_bytes)
            for vector, total in zip(_VECTORS, totals, strict=True):
                result = builder.sitofp(total, _FLOATS) if integer else total
                builder.store(result, address(out, _INT(0), unit, 4, vector, _FLOATS), align=4)
        return context.get_dummy_value()

    return types.void(table, starts, types.intp, types.intp, sums), generate


sum_rows: Any = intrinsic(_emit)
"""`sum_rows(table, starts, narrow, units, sums)`: `sums[:units]`, rounded up to whole chunks, is the sum of the rows
of a packed int16 or float32 table that begin at the bytes `starts` (int64); of int16 ones the first `narrow` are bytes.
"""
