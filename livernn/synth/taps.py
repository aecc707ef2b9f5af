"""What the last samples add to the sample tier's first layer: rows of a table, summed in registers."""

from typing import Any

from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

LANES = 16
CHUNK = 4 * LANES
"""Units that are summed at once. Rows of the table are padded to whole chunks."""

_VECTORS = range(CHUNK // LANES)
_BYTE, _WORD, _INT, _FLOAT = ir.IntType(8), ir.IntType(32), ir.IntType(64), ir.FloatType()
_FLOATS, _WORDS, _SHORTS = (ir.VectorType(kind, LANES) for kind in (_FLOAT, _WORD, ir.IntType(16)))


def _emit(
    typing_context: Any,  # noqa: ARG001
    table: Any,
    offsets: Any,
    units: Any,  # noqa: ARG001
    sums: Any,
) -> Any:
    integer = table.dtype == types.int16
    stored, summed = (_SHORTS, _WORDS) if integer else (_FLOATS, _FLOATS)
    item_bytes = 2 if integer else 4

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        def data(index: int) -> Any:
            array = context.make_array(signature.args[index])(context, builder, arguments[index])
            return builder.bitcast(array.data, ir.PointerType(_BYTE))

        def address(base: Any, at: Any, item: int, vector: int, target: Any) -> Any:
            offset = builder.mul(builder.add(at, _INT(vector * LANES)), _INT(item))
            return builder.bitcast(builder.gep(base, [offset]), ir.PointerType(target))

        rows, wanted, out = data(0), data(1), data(3)
        taps = cgutils.unpack_tuple(
            builder, context.make_array(signature.args[1])(context, builder, arguments[1]).shape
        )[0]  # type: ignore[no-untyped-call]
        chunks = builder.udiv(builder.add(arguments[2], _INT(CHUNK - 1)), _INT(CHUNK))
        with cgutils.for_range(builder, chunks, intp=_INT) as chunk:
            unit = builder.mul(chunk.index, _INT(CHUNK))
            before, loop = builder.block, builder.append_basic_block("taps")
            done = builder.append_basic_block("taps.done")
            builder.branch(loop)
            builder.position_at_end(loop)
            tap = builder.phi(_INT)
            tap.add_incoming(_INT(0), before)
            totals = [builder.phi(summed) for _ in _VECTORS]
            row = builder.load(builder.bitcast(builder.gep(wanted, [builder.mul(tap, _INT(8))]), ir.PointerType(_INT)))
            following = builder.add(tap, _INT(1))
            tap.add_incoming(following, loop)
            for vector, total in zip(_VECTORS, totals, strict=True):
                values = builder.load(
                    address(rows, builder.add(row, unit), item_bytes, vector, stored), align=item_bytes
                )
                updated = builder.add(total, builder.sext(values, _WORDS)) if integer else builder.fadd(total, values)
                total.add_incoming(ir.Constant(summed, [0] * LANES), before)
                total.add_incoming(updated, loop)
                totals[vector] = updated
            builder.cbranch(builder.icmp_unsigned("<", following, taps), loop, done)
            builder.position_at_end(done)
            for vector, total in zip(_VECTORS, totals, strict=True):
                result = builder.sitofp(total, _FLOATS) if integer else total
                builder.store(result, address(out, unit, 4, vector, _FLOATS), align=4)
        return context.get_dummy_value()

    return types.void(table, offsets, types.intp, sums), generate


sum_rows: Any = intrinsic(_emit)
"""`sum_rows(table, offsets, units, sums)`: `sums[:units]`, rounded up to whole chunks, is the sum of the rows of a flat
int16 or float32 table that begin at the int64 `offsets`.
"""
