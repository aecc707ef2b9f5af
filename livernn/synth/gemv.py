"""Matrix times vector, emitted as vector instructions: where a sampler spends its time.

Rows are packed in panels of `PANEL_ROWS`, column after column, so that memory is read once, in order; a panel's
products stay in registers. The format follows from the packed array's type: float32, or uint32 that holds two bfloat16.
"""

import platform
from typing import Any

import llvmlite.binding as llvm
import numpy as np
from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic
from numpy.typing import NDArray

from livernn.model.precision import Precision

_FEATURES = llvm.get_host_cpu_features()
_IS_ARM = platform.machine().lower() in ("arm64", "aarch64")
LANES = 16 if _FEATURES.get("avx512f") else 8 if _FEATURES.get("avx2") else 4
_VECTORS = 8 if _IS_ARM else 4
PANEL_ROWS = LANES * _VECTORS
COLUMN_STEP = 2
"""Even and odd columns are summed apart, which hides the latency of the additions."""

Packed = NDArray[np.float32] | NDArray[np.uint32]

_BYTE = ir.IntType(8)
_INT = ir.IntType(64)
_WORD = ir.IntType(32)
_FLOAT = ir.FloatType()


def padded(count: int, step: int) -> int:
    """`count` rounded up to a multiple of `step`."""
    return -(-count // step) * step


def pack_matrix(matrix: NDArray[np.float32], precision: Precision) -> Packed:
    """`[rows, columns]` as the flat array that `gemv` reads; missing rows and columns are zeros."""
    rows, columns = matrix.shape
    full = np.zeros((padded(rows, PANEL_ROWS), padded(columns, COLUMN_STEP)), np.float32)
    full[:rows, :columns] = matrix
    panels = full.reshape(-1, PANEL_ROWS, full.shape[1])
    if precision == "fp32":
        return np.ascontiguousarray(panels.transpose(0, 2, 1)).ravel()
    return np.ascontiguousarray(_bf16_pairs(panels).transpose(0, 2, 1)).ravel()


def rounded(matrix: NDArray[np.float32], precision: Precision) -> NDArray[np.float32]:
    """The values that `gemv` multiplies with when it is given `matrix` packed in `precision`."""
    if precision == "fp32":
        return matrix
    rows, columns = matrix.shape
    full = np.zeros((rows, padded(columns, COLUMN_STEP)), np.float32)
    full[:, :columns] = matrix
    pairs = _bf16_pairs(full)
    full[:, 0::2] = (pairs << np.uint32(16)).view(np.float32)
    full[:, 1::2] = pairs.view(np.float32)
    return full[:, :columns]


def _bf16_pairs(matrix: NDArray[np.float32]) -> NDArray[np.uint32]:
    """Columns 2k and 2k+1 in one word, `[..., columns / 2]`.

    The odd column is used with the even one's bits still below it, which saves an instruction; its upper half is
    chosen so that the whole word is nearest to the weight.
    """
    even = np.ascontiguousarray(matrix[..., 0::2]).view(np.uint32)
    odd = np.ascontiguousarray(matrix[..., 1::2])
    low = (even + np.uint32(0x7FFF) + ((even >> np.uint32(16)) & np.uint32(1))) >> np.uint32(16)
    truncated = odd.view(np.uint32) & np.uint32(0xFFFF0000)
    best = truncated | low
    for step in (np.uint32(0x10000), np.uint32(0xFFFF0000)):  # one up, one down in the upper half
        other = (truncated + step) | low
        with np.errstate(invalid="ignore"):
            nearer = np.abs(other.view(np.float32) - odd) < np.abs(best.view(np.float32) - odd)
        best = np.where(nearer, other, best)
    return best


def _data(context: Any, builder: Any, array_type: Any, array: Any) -> Any:
    """Address of an array's first element, as a pointer to bytes."""
    return builder.bitcast(context.make_array(array_type)(context, builder, array).data, ir.PointerType(_BYTE))


def _address(builder: Any, base: Any, offset_bytes: Any, target: Any) -> Any:
    return builder.bitcast(builder.gep(base, [offset_bytes]), ir.PointerType(target))


def _load(builder: Any, base: Any, offset_bytes: Any, target: Any, align: int) -> Any:
    return builder.load(_address(builder, base, offset_bytes, target), align=align)


def _spread(builder: Any, scalar: Any) -> Any:
    """A scalar in every lane."""
    vector = ir.VectorType(scalar.type, LANES)
    first = builder.insert_element(ir.Constant(vector, ir.Undefined), scalar, _WORD(0))
    lanes = ir.Constant(ir.VectorType(_WORD, LANES), [0] * LANES)
    return builder.shuffle_vector(first, ir.Constant(vector, ir.Undefined), lanes)


def _multiply_add(builder: Any, weight: Any, value: Any, total: Any) -> Any:
    return builder.fadd(builder.fmul(weight, value, flags=("contract",)), total, flags=("contract",))


def _columns(builder: Any, weights: Any, word_bytes: int, pairs: bool, at: Any, values: list[Any]) -> list[Any]:
    """Products of two columns of a panel, `[vector][parity]` flattened: `(weight vector, x in every lane)`."""
    floats = ir.VectorType(_FLOAT, LANES)
    products = []
    for vector in range(_VECTORS):
        if pairs:
            offset = builder.add(at, _INT(vector * LANES * word_bytes))
            words = _load(builder, weights, offset, ir.VectorType(_WORD, LANES), 4 * LANES)
            sixteen = ir.Constant(words.type, [16] * LANES)
            products.append((builder.bitcast(builder.shl(words, sixteen), floats), values[0]))
            products.append((builder.bitcast(words, floats), values[1]))
        else:
            for parity in range(2):
                offset = builder.add(at, _INT((parity * _VECTORS + vector) * LANES * word_bytes))
                products.append((_load(builder, weights, offset, floats, 4 * LANES), values[parity]))
    return products


def _emit_gemv(  # numba hands over the types of all arguments, in their order
    typing_context: Any,  # noqa: ARG001
    weights: Any,
    weights_at: Any,  # noqa: ARG001
    bias: Any,
    rows: Any,  # noqa: ARG001
    columns: Any,  # noqa: ARG001
    x: Any,
    y: Any,
) -> Any:
    signature = types.void(weights, types.intp, bias, types.intp, types.intp, x, y)
    pairs = weights.dtype == types.uint32

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        kinds = signature.args
        weights_data, bias_data, x_data, y_data = (
            _data(context, builder, kinds[index], arguments[index]) for index in (0, 2, 5, 6)
        )
        start, rows, columns = arguments[1], arguments[3], arguments[4]
        floats = ir.VectorType(_FLOAT, LANES)
        panels = builder.udiv(builder.add(rows, _INT(PANEL_ROWS - 1)), _INT(PANEL_ROWS))
        steps = builder.udiv(builder.add(columns, _INT(1)), _INT(COLUMN_STEP))
        step_bytes = PANEL_ROWS * 4 * (1 if pairs else 2)
        panel_bytes = builder.mul(steps, _INT(step_bytes))
        base = builder.mul(start, _INT(4))
        with cgutils.for_range(builder, panels, intp=_INT) as panel:
            panel_at = builder.add(base, builder.mul(panel.index, panel_bytes))
            row_bytes = builder.mul(panel.index, _INT(PANEL_ROWS * 4))
            before = builder.block
            loop = builder.append_basic_block("columns")
            done = builder.append_basic_block("columns.done")
            builder.branch(loop)
            builder.position_at_end(loop)
            step = builder.phi(_INT)
            step.add_incoming(_INT(0), before)
            totals = [builder.phi(floats) for _ in range(2 * _VECTORS)]
            for total in totals:
                total.add_incoming(ir.Constant(floats, [0.0] * LANES), before)
            x_at = builder.mul(step, _INT(8))
            values = [
                _spread(builder, _load(builder, x_data, builder.add(x_at, _INT(4 * parity)), _FLOAT, 4))
                for parity in range(2)
            ]
            at = builder.add(panel_at, builder.mul(step, _INT(step_bytes)))
            products = _columns(builder, weights_data, 4, pairs, at, values)
            sums = [
                _multiply_add(builder, weight, value, total)
                for (weight, value), total in zip(products, totals, strict=True)
            ]
            following = builder.add(step, _INT(1))
            step.add_incoming(following, loop)
            for total, updated in zip(totals, sums, strict=True):
                total.add_incoming(updated, loop)
            builder.cbranch(builder.icmp_unsigned("<", following, steps), loop, done)
            builder.position_at_end(done)
            for vector in range(_VECTORS):
                both = builder.fadd(sums[2 * vector], sums[2 * vector + 1])
                offset = builder.add(row_bytes, _INT(vector * LANES * 4))
                result = builder.fadd(both, _load(builder, bias_data, offset, floats, 4))
                builder.store(result, _address(builder, y_data, offset, floats), align=4)
        return context.get_dummy_value()

    return signature, generate


gemv: Any = intrinsic(_emit_gemv)
"""`gemv(weights, weights_at, bias, rows, columns, x, y)`: `y = W x + bias`.

`W` is a packed matrix from element `weights_at` on. `bias` and `y` hold `rows` rounded up to PANEL_ROWS, `x` holds
`columns` rounded up to COLUMN_STEP; what lies beyond in `x` must be finite, what lies beyond in `y` is overwritten.
"""
