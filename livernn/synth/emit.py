"""LLVM code of the matrix-vector product, for each number format and instruction set."""

from collections.abc import Sequence
from typing import Any

from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

from livernn.synth.instructions import SETS, chosen

_SET = SETS[chosen()]
LANES = _SET.lanes
TOP_LEVEL = _SET.top_level
PANEL_ROWS = LANES * _SET.vectors
COLUMN_STEP = 8
"""Columns come in whole steps of every format."""

_VECTORS = range(_SET.vectors)
_TURNS = range(2)
"""Two sums take turns, which hides the latency of the additions."""

_BYTE, _SHORT, _WORD, _INT, _FLOAT = ir.IntType(8), ir.IntType(16), ir.IntType(32), ir.IntType(64), ir.FloatType()
_FLOATS = ir.VectorType(_FLOAT, LANES)
_WORDS = ir.VectorType(_WORD, LANES)
_BYTES = ir.VectorType(_BYTE, 4 * LANES)
_SHORTS = ir.VectorType(_SHORT, 2 * LANES)
_VECTOR_BYTES = 4 * LANES

Sums = list[Any]
"""A vector of sums for each of `_VECTORS` and `_TURNS`, turns next to each other."""


def _data(context: Any, builder: Any, array_type: Any, array: Any) -> Any:
    """Address of an array's first element, as a pointer to bytes."""
    return builder.bitcast(context.make_array(array_type)(context, builder, array).data, ir.PointerType(_BYTE))


def _address(builder: Any, base: Any, offset_bytes: Any, target: Any) -> Any:
    return builder.bitcast(builder.gep(base, [offset_bytes]), ir.PointerType(target))


def _load(builder: Any, base: Any, offset_bytes: Any, target: Any, align: int = 4) -> Any:
    return builder.load(_address(builder, base, offset_bytes, target), align=align)


def _weights(builder: Any, base: Any, at: Any, index: int, target: Any) -> Any:
    """The `index`-th vector of a step; weights are aligned to cache lines."""
    return _load(builder, base, builder.add(at, _INT(index * _VECTOR_BYTES)), target, _VECTOR_BYTES)


def _spread(builder: Any, scalar: Any) -> Any:
    """A scalar in every lane."""
    vector = ir.VectorType(scalar.type, LANES)
    first = builder.insert_element(ir.Constant(vector, ir.Undefined), scalar, _WORD(0))
    return builder.shuffle_vector(first, ir.Constant(vector, ir.Undefined), ir.Constant(_WORDS, [0] * LANES))


def _call(builder: Any, name: str, result: Any, *arguments: Any) -> Any:
    """An instruction that LLVM names but its vector language does not have."""
    kind = ir.FunctionType(result, [argument.type for argument in arguments])
    function: Any = cgutils.get_or_insert_function(builder.module, kind, name)  # type: ignore[no-untyped-call]
    return builder.call(function, arguments)


class _Format:
    """How a number format is multiplied: `columns` of a panel take `step_bytes` of weights."""

    columns: int
    step_bytes: int
    sums: Any

    def add(self, builder: Any, weights: Any, at: Any, x: Any, x_index: Any, sums: Sequence[Any]) -> Sums:
        """`sums` plus the products of one step of columns, the first of which is `x_index`."""
        raise NotImplementedError

    def finish(self, builder: Any, total: Any, per_row: Any, row_bytes: Any, arguments: Sequence[Any]) -> Any:
        """The floats of one vector of rows."""
        raise NotImplementedError


class _Floats(_Format):
    columns = 2
    step_bytes = 2 * PANEL_ROWS * 4
    sums = _FLOATS

    def add(self, builder: Any, weights: Any, at: Any, x: Any, x_index: Any, sums: Sequence[Any]) -> Sums:
        x_at = builder.mul(x_index, _INT(4))
        values = [_spread(builder, _load(builder, x, builder.add(x_at, _INT(4 * turn)), _FLOAT)) for turn in _TURNS]
        return [
            self._plus(builder, self._weight(builder, weights, at, vector, turn), values[turn], sums[2 * vector + turn])
            for vector in _VECTORS
            for turn in _TURNS
        ]

    def finish(self, builder: Any, total: Any, per_row: Any, row_bytes: Any, arguments: Sequence[Any]) -> Any:
        return builder.fadd(total, _load(builder, per_row, row_bytes, _FLOATS))

    def _weight(self, builder: Any, weights: Any, at: Any, vector: int, turn: int) -> Any:
        return _weights(builder, weights, at, turn * len(_VECTORS) + vector, _FLOATS)

    def _plus(self, builder: Any, weight: Any, value: Any, total: Any) -> Any:
        return builder.fadd(builder.fmul(weight, value, flags=("contract",)), total, flags=("contract",))


class _Pairs(_Floats):
    """Two bfloat16 in a word: the even column below, the odd one above; see `rounding.bf16_pairs`."""

    step_bytes = PANEL_ROWS * 4

    def _weight(self, builder: Any, weights: Any, at: Any, vector: int, turn: int) -> Any:
        words = _weights(builder, weights, at, vector, _WORDS)
        if turn == 0:
            words = builder.shl(words, ir.Constant(_WORDS, [16] * LANES))
        return builder.bitcast(words, _FLOATS)


class _Quads(_Format):
    """Four int8 in a word, times four levels of the vector."""

    columns = 8
    step_bytes = 2 * PANEL_ROWS * 4
    sums = _WORDS

    def add(self, builder: Any, weights: Any, at: Any, x: Any, x_index: Any, sums: Sequence[Any]) -> Sums:
        quads = [_spread(builder, _load(builder, x, builder.add(x_index, _INT(4 * turn)), _WORD)) for turn in _TURNS]
        return [
            self._dot(
                builder,
                _weights(builder, weights, at, turn * len(_VECTORS) + vector, _WORDS),
                quads[turn],
                sums[2 * vector + turn],
            )
            for vector in _VECTORS
            for turn in _TURNS
        ]

    def finish(self, builder: Any, total: Any, per_row: Any, row_bytes: Any, arguments: Sequence[Any]) -> Any:
        rows, low, scale = arguments
        bias, row_scale, row_sum = (
            _load(builder, per_row, builder.add(row_bytes, builder.mul(rows, _INT(4 * part))), _FLOATS)
            for part in range(3)
        )
        products = builder.fmul(builder.sitofp(total, _FLOATS), builder.fmul(row_scale, _spread(builder, scale)))
        return builder.fadd(builder.fadd(products, builder.fmul(row_sum, _spread(builder, low))), bias)

    def _dot(self, builder: Any, weights: Any, quads: Any, total: Any) -> Any:
        """`total` plus, in each lane, four signed weights times four unsigned levels."""
        if _SET.dot == "vpdpbusd":
            return _call(builder, f"llvm.x86.avx512.vpdpbusd.{32 * LANES}", _WORDS, total, quads, weights)
        levels, signed = builder.bitcast(quads, _BYTES), builder.bitcast(weights, _BYTES)
        if _SET.dot == "pmaddubsw":
            names = {16: ("avx512.pmaddubs.w.512", "avx512.pmaddw.d.512"), 8: ("avx2.pmadd.ub.sw", "avx2.pmadd.wd")}
            to_shorts, to_words = names[LANES]
            pairs = _call(builder, f"llvm.x86.{to_shorts}", _SHORTS, levels, signed)
            ones = ir.Constant(_SHORTS, [1] * (2 * LANES))
            return builder.add(total, _call(builder, f"llvm.x86.{to_words}", _WORDS, pairs, ones))
        if _SET.dot == "sdot":
            # Arm multiplies signed by signed: levels less 128, and 128 times the weights added back.
            middle = ir.Constant(_BYTES, [-128] * (4 * LANES))
            name = "llvm.aarch64.neon.sdot.v4i32.v16i8"
            total = _call(builder, name, _WORDS, total, signed, builder.xor(levels, middle))
            halves = ir.Constant(_BYTES, [64] * (4 * LANES))
            return _call(builder, name, _WORDS, _call(builder, name, _WORDS, total, signed, halves), signed, halves)
        wide = ir.VectorType(_WORD, 4 * LANES)
        products = builder.mul(builder.zext(levels, wide), builder.sext(signed, wide))
        for part in range(4):
            lanes = ir.Constant(_WORDS, list(range(part, 4 * LANES, 4)))
            total = builder.add(total, builder.shuffle_vector(products, products, lanes))
        return total


def _emit(  # numba hands over the types of all arguments, in their order
    typing_context: Any,  # noqa: ARG001
    matrices: Any,
    at: Any,  # noqa: ARG001
    per_row: Any,
    rows: Any,  # noqa: ARG001
    columns: Any,  # noqa: ARG001
    x: Any,
    low: Any,  # noqa: ARG001
    scale: Any,  # noqa: ARG001
    y: Any,
) -> Any:
    signature = types.void(matrices, types.intp, per_row, types.intp, types.intp, x, types.float32, types.float32, y)
    formats: dict[Any, _Format] = {types.float32: _Floats(), types.uint32: _Pairs(), types.int32: _Quads()}
    form = formats[matrices.dtype]

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        weights, per_row, x, y = (_data(context, builder, signature.args[i], arguments[i]) for i in (0, 2, 5, 8))
        _, at, _, rows, columns, _, low, scale, _ = arguments
        panels = builder.udiv(builder.add(rows, _INT(PANEL_ROWS - 1)), _INT(PANEL_ROWS))
        whole_columns = builder.and_(builder.add(columns, _INT(COLUMN_STEP - 1)), _INT(-COLUMN_STEP))
        steps = builder.udiv(whole_columns, _INT(form.columns))
        panel_bytes = builder.mul(steps, _INT(form.step_bytes))
        with cgutils.for_range(builder, panels, intp=_INT) as panel:
            panel_at = builder.add(builder.mul(at, _INT(4)), builder.mul(panel.index, panel_bytes))
            sums = _emit_columns(builder, form, weights, panel_at, x, steps)
            for vector in _VECTORS:
                add = builder.fadd if form.sums is _FLOATS else builder.add
                total = add(sums[2 * vector], sums[2 * vector + 1])
                row_bytes = builder.add(builder.mul(panel.index, _INT(PANEL_ROWS * 4)), _INT(vector * _VECTOR_BYTES))
                extras = (builder.mul(panels, _INT(PANEL_ROWS)), low, scale)
                result = form.finish(builder, total, per_row, row_bytes, extras)
                builder.store(result, _address(builder, y, row_bytes, _FLOATS), align=4)
        return context.get_dummy_value()

    return signature, generate


def _emit_columns(builder: Any, form: _Format, weights: Any, panel_at: Any, x: Any, steps: Any) -> Sums:
    """The loop over the columns of one panel, with all its sums in registers."""
    before = builder.block
    loop, done = builder.append_basic_block("columns"), builder.append_basic_block("columns.done")
    builder.branch(loop)
    builder.position_at_end(loop)
    step = builder.phi(_INT)
    step.add_incoming(_INT(0), before)
    totals = [builder.phi(form.sums) for _ in range(2 * len(_VECTORS))]
    at = builder.add(panel_at, builder.mul(step, _INT(form.step_bytes)))
    sums = form.add(builder, weights, at, x, builder.mul(step, _INT(form.columns)), totals)
    following = builder.add(step, _INT(1))
    step.add_incoming(following, loop)
    for total, updated in zip(totals, sums, strict=True):
        total.add_incoming(ir.Constant(form.sums, [0] * LANES), before)
        total.add_incoming(updated, loop)
    builder.cbranch(builder.icmp_unsigned("<", following, steps), loop, done)
    builder.position_at_end(done)
    return sums


gemv: Any = intrinsic(_emit)
"""`gemv(matrices, at, per_row, rows, columns, x, low, scale, y)`: see `gemv.multiply`.

`x` is float32, or for int8 the levels uint8 that `low` and `scale` belong to.
"""
