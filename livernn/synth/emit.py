"""LLVM code of the matrix-vector product, for each format and instruction set."""

from collections.abc import Iterator, Sequence
from typing import Any

from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

from livernn.synth.packing import COLUMN_STEP, WORD_BYTES, Layout
from livernn.synth.prefetch import LINE_BYTES, emit_prefetch

_BYTE, _SHORT, _WORD, _INT, _FLOAT = ir.IntType(8), ir.IntType(16), ir.IntType(32), ir.IntType(64), ir.FloatType()
READ_PER_FETCHED = 4
"""Bytes of a matrix that are read for each byte that is fetched ahead meanwhile."""

_FRACTION_BITS = 16
"""Of how many steps' lines are asked for in one."""

STEP_BYTES = 8
"""What a step of columns takes of the vector: two floats or eight levels."""

_PARTS = range(2)
"""A step of columns is two parts. Integers take turns in two sums where there are registers: it hides latency."""


def _data(context: Any, builder: Any, array_type: Any, array: Any) -> Any:
    """Address of an array's first element, as a pointer to bytes."""
    return builder.bitcast(context.make_array(array_type)(context, builder, array).data, ir.PointerType(_BYTE))


def _row_bytes(context: Any, builder: Any, array_type: Any, array: Any) -> Any:
    """From one row of a two-dimensional array to the next."""
    return cgutils.unpack_tuple(builder, context.make_array(array_type)(context, builder, array).strides)[0]  # type: ignore[no-untyped-call]


def _address(builder: Any, base: Any, offset_bytes: Any, target: Any) -> Any:
    return builder.bitcast(builder.gep(base, [offset_bytes]), ir.PointerType(target))


def _load(builder: Any, base: Any, offset_bytes: Any, target: Any, align: int = 4) -> Any:
    return builder.load(_address(builder, base, offset_bytes, target), align=align)


def _call(builder: Any, name: str, result: Any, *arguments: Any) -> Any:
    """An instruction that LLVM names but its vector language does not have."""
    kind = ir.FunctionType(result, [argument.type for argument in arguments])
    function: Any = cgutils.get_or_insert_function(builder.module, kind, name)  # type: ignore[no-untyped-call]
    return builder.call(function, arguments)


class _Format:
    """How a format is multiplied: `columns` of a panel take `step_bytes` of words."""

    columns: int
    step_words: int

    def __init__(self, layout: Layout) -> None:
        self.layout, self.set = layout, layout.set
        lanes = self.set.lanes
        self.floats, self.words = ir.VectorType(_FLOAT, lanes), ir.VectorType(_WORD, lanes)
        self.vector_bytes = WORD_BYTES * lanes
        self.step_bytes = self.step_words * self.set.panel_rows * WORD_BYTES
        self.ahead_bytes = max(LINE_BYTES, self.step_bytes // READ_PER_FETCHED)
        self.sums: Any = self.words if layout.integer else self.floats

    def weights(self, builder: Any, base: Any, at: Any, vector: int, part: int) -> Any:
        """One vector of rows of one part of a step."""
        raise NotImplementedError

    def value(self, builder: Any, x: Any, column: Any, part: int) -> Any:
        """What the rows of `part` are multiplied with, in every lane."""
        raise NotImplementedError

    def plus(self, builder: Any, weights: Any, value: Any, total: Any) -> Any:
        """`total` plus the products."""
        raise NotImplementedError

    def finish(self, builder: Any, total: Any, per_row: Any, row_at: Any, rows_bytes: Any, span: Sequence[Any]) -> Any:
        """The floats of one vector of rows; `span` is low and scale of the quantised vector."""
        raise NotImplementedError

    def load(self, builder: Any, base: Any, at: Any, index: int, target: Any) -> Any:
        """The `index`-th vector of a step; words are aligned to cache lines."""
        return _load(builder, base, builder.add(at, _INT(index * self.vector_bytes)), target, self.vector_bytes)

    def spread(self, builder: Any, scalar: Any) -> Any:
        """A scalar in every lane."""
        vector = ir.VectorType(scalar.type, self.set.lanes)
        first = builder.insert_element(ir.Constant(vector, ir.Undefined), scalar, _WORD(0))
        zeros = ir.Constant(self.words, [0] * self.set.lanes)
        return builder.shuffle_vector(first, ir.Constant(vector, ir.Undefined), zeros)

    def constant(self, word: int) -> Any:
        """A word in every lane."""
        return ir.Constant(self.words, [word] * self.set.lanes)


class _Floats(_Format):
    columns = 2
    step_words = 2

    def weights(self, builder: Any, base: Any, at: Any, vector: int, part: int) -> Any:
        return self.load(builder, base, at, part * self.set.vectors + vector, self.floats)

    def value(self, builder: Any, x: Any, column: Any, part: int) -> Any:
        at = builder.mul(column, _INT(4))
        return self.spread(builder, _load(builder, x, builder.add(at, _INT(4 * part)), _FLOAT))

    def plus(self, builder: Any, weights: Any, value: Any, total: Any) -> Any:
        return builder.fadd(builder.fmul(weights, value, flags=("contract",)), total, flags=("contract",))

    def finish(self, builder: Any, total: Any, per_row: Any, row_at: Any, rows_bytes: Any, span: Sequence[Any]) -> Any:
        return builder.fadd(total, _load(builder, per_row, row_at, self.floats))


class _Pairs(_Floats):
    """Two bfloat16 in a word: the even column below, the odd one above; see `rounding.bf16_pairs`."""

    step_words = 1

    def weights(self, builder: Any, base: Any, at: Any, vector: int, part: int) -> Any:
        words = self.load(builder, base, at, vector, self.words)
        if part == 0:
            words = builder.shl(words, self.constant(16))
        return builder.bitcast(words, self.floats)


class _Quads(_Format):
    """Four int8 in a word, times four levels of the vector."""

    columns = 8
    step_words = 2

    def weights(self, builder: Any, base: Any, at: Any, vector: int, part: int) -> Any:
        return self.load(builder, base, at, part * self.set.vectors + vector, self.words)

    def value(self, builder: Any, x: Any, column: Any, part: int) -> Any:
        return self.spread(builder, _load(builder, x, builder.add(column, _INT(4 * part)), _WORD))

    def plus(self, builder: Any, weights: Any, value: Any, total: Any) -> Any:
        """In each lane four signed weights times four unsigned levels."""
        lanes = self.set.lanes
        as_bytes, as_shorts = ir.VectorType(_BYTE, 4 * lanes), ir.VectorType(_SHORT, 2 * lanes)
        if self.set.dot == "vpdpbusd":
            return _call(builder, f"llvm.x86.avx512.vpdpbusd.{32 * lanes}", self.words, total, value, weights)
        levels, signed = builder.bitcast(value, as_bytes), builder.bitcast(weights, as_bytes)
        if self.set.dot == "pmaddubsw":
            names = {16: ("avx512.pmaddubs.w.512", "avx512.pmaddw.d.512"), 8: ("avx2.pmadd.ub.sw", "avx2.pmadd.wd")}
            to_shorts, to_words = names[lanes]
            pairs = _call(builder, f"llvm.x86.{to_shorts}", as_shorts, levels, signed)
            ones = ir.Constant(as_shorts, [1] * (2 * lanes))
            return builder.add(total, _call(builder, f"llvm.x86.{to_words}", self.words, pairs, ones))
        if self.set.dot == "sdot":
            # Arm multiplies signed by signed: levels less 128, and 128 times the weights added back.
            middle = ir.Constant(as_bytes, [-128] * (4 * lanes))
            name = "llvm.aarch64.neon.sdot.v4i32.v16i8"
            total = _call(builder, name, self.words, total, signed, builder.xor(levels, middle))
            halves = ir.Constant(as_bytes, [64] * (4 * lanes))
            return _call(
                builder, name, self.words, _call(builder, name, self.words, total, signed, halves), signed, halves
            )
        wide = ir.VectorType(_WORD, 4 * lanes)
        products = builder.mul(builder.zext(levels, wide), builder.sext(signed, wide))
        for part in range(4):
            every_fourth = ir.Constant(self.words, list(range(part, 4 * lanes, 4)))
            total = builder.add(total, builder.shuffle_vector(products, products, every_fourth))
        return total

    def finish(self, builder: Any, total: Any, per_row: Any, row_at: Any, rows_bytes: Any, span: Sequence[Any]) -> Any:
        low, scale = span
        bias, row_scale, row_sum = (
            _load(builder, per_row, builder.add(row_at, builder.mul(rows_bytes, _INT(part))), self.floats)
            for part in range(3)
        )
        products = builder.fmul(
            builder.sitofp(total, self.floats), builder.fmul(row_scale, self.spread(builder, scale))
        )
        return builder.fadd(builder.fadd(products, builder.fmul(row_sum, self.spread(builder, low))), bias)


class _Nibbles(_Quads):
    """Eight int4 in a word, each multiplied as the upper half of a byte: 16 times its level."""

    step_words = 1

    def weights(self, builder: Any, base: Any, at: Any, vector: int, part: int) -> Any:
        words = self.load(builder, base, at, vector, self.words)
        if part == 0:
            words = builder.shl(words, self.constant(4))
        return builder.and_(words, self.constant(-0x0F0F0F10))


_FORMATS = {"fp32": _Floats, "bf16": _Pairs, "int8": _Quads, "int4": _Nibbles}


def _emit(  # numba hands over the types of all arguments, in their order
    typing_context: Any,  # noqa: ARG001
    words: Any,
    at: Any,  # noqa: ARG001
    per_row: Any,
    rows: Any,  # noqa: ARG001
    columns: Any,  # noqa: ARG001
    x: Any,
    spans: Any,
    y: Any,
    count: Any,  # noqa: ARG001
    ahead: Any,
    listed: Any,
    some: Any,
) -> Any:
    size = types.intp
    signature = types.void(words, size, per_row, size, size, x, spans, y, size, ahead, listed, some)
    form = _FORMATS[Layout.of(words.dtype).format](Layout.of(words.dtype))

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        base, per_row, x, spans, y = (_data(context, builder, signature.args[i], arguments[i]) for i in (0, 2, 5, 6, 7))
        x_row, span_row, y_row = (_row_bytes(context, builder, signature.args[i], arguments[i]) for i in (5, 6, 7))
        at, rows, columns, count = (arguments[i] for i in (1, 3, 4, 8))
        chosen = (
            None if some == types.none else (_data(context, builder, signature.args[10], arguments[10]), arguments[11])
        )
        panel_rows = form.set.panel_rows
        panels = builder.udiv(builder.add(rows, _INT(panel_rows - 1)), _INT(panel_rows))
        whole_columns = builder.and_(builder.add(columns, _INT(COLUMN_STEP - 1)), _INT(-COLUMN_STEP))
        steps = builder.udiv(whole_columns, _INT(form.columns))
        panel_bytes = builder.mul(steps, _INT(form.step_bytes))
        rows_bytes = builder.mul(panels, _INT(panel_rows * WORD_BYTES))
        with cgutils.for_range(builder, panels, intp=_INT) as panel:
            panel_at = builder.add(builder.mul(at, _INT(WORD_BYTES)), builder.mul(panel.index, panel_bytes))
            fetched = None
            if ahead != types.none:
                before = builder.mul(builder.mul(panel.index, steps), _INT(form.ahead_bytes))
                fetched = builder.add(arguments[9], before)
            for size, first in _groups(builder, count, form.set.together):
                inputs = [builder.add(first, _INT(member)) for member in range(size)]
                xs = [builder.gep(x, [builder.mul(member, x_row)]) for member in inputs]
                sums = _emit_columns(builder, form, base, panel_at, xs, steps, chosen, fetched)
                for member, member_sums in zip(inputs, sums, strict=True):
                    span_at = builder.mul(member, span_row)
                    span = [_load(builder, spans, builder.add(span_at, _INT(4 * part)), _FLOAT) for part in range(2)]
                    for vector, total in enumerate(member_sums):
                        offset = _INT(vector * form.vector_bytes)
                        row_at = builder.add(builder.mul(panel.index, _INT(panel_rows * WORD_BYTES)), offset)
                        result = form.finish(builder, total, per_row, row_at, rows_bytes, span)
                        target = builder.add(builder.mul(member, y_row), row_at)
                        builder.store(result, _address(builder, y, target, form.floats), align=4)
        return context.get_dummy_value()

    return signature, generate


def _groups(builder: Any, count: Any, largest: int) -> Iterator[tuple[int, Any]]:
    """Emits loops over `count` inputs, as many at once as can be; yields a group's size and its first input."""
    size = largest
    while size >= 1:
        above = _INT(-2 * size)
        done = _INT(0) if size == largest else builder.and_(count, above)
        groups = builder.udiv(builder.sub(count, done), _INT(size))
        with cgutils.for_range(builder, groups, intp=_INT) as group:
            yield size, builder.add(done, builder.mul(group.index, _INT(size)))
        size //= 2


def _emit_columns(
    builder: Any,
    form: _Format,
    base: Any,
    panel_at: Any,
    xs: Sequence[Any],
    steps: Any,
    chosen: tuple[Any, Any] | None,
    fetched: Any,
) -> list[list[Any]]:
    """The loop over the columns of one panel, with all sums in registers: a vector of rows each, for each of `xs`.

    Unless `chosen` is None, only those steps are taken: the address of their int64 numbers, and how many there are,
    one at least. From the address `fetched` on, unless it is None, as many lines are asked for as if all were.
    """
    turns = 2 if len(xs) == 1 and form.layout.integer else 1  # floats are summed in one order, in any company
    vectors = range(form.set.vectors)
    per_turn = _INT(1 << _FRACTION_BITS)
    if chosen is not None and fetched is not None:
        per_turn = builder.udiv(builder.shl(steps, _INT(_FRACTION_BITS)), chosen[1])
    before = builder.block
    loop, done = builder.append_basic_block("columns"), builder.append_basic_block("columns.done")
    builder.branch(loop)
    builder.position_at_end(loop)
    turn = builder.phi(_INT)
    turn.add_incoming(_INT(0), before)
    phis = [[[builder.phi(form.sums) for _ in range(turns)] for _ in vectors] for _ in xs]
    sums: list[list[list[Any]]] = [[list(totals) for totals in of_input] for of_input in phis]
    following = builder.add(turn, _INT(1))
    if chosen is None:
        step, stop = turn, steps
    else:
        step, stop = _load(builder, chosen[0], builder.mul(turn, _INT(8)), _INT, 8), chosen[1]
    at = builder.add(panel_at, builder.mul(step, _INT(form.step_bytes)))
    column = builder.mul(step, _INT(form.columns))
    if fetched is not None:
        first, last = turn, following
        if chosen is not None:
            first, last = (
                builder.lshr(builder.mul(number, per_turn), _INT(_FRACTION_BITS)) for number in (turn, following)
            )
        _emit_fetching(builder, form, fetched, first, builder.sub(last, first))
    for part in _PARTS:
        values = [form.value(builder, x, column, part) for x in xs]
        for vector in vectors:
            weights = form.weights(builder, base, at, vector, part)
            for of_input, value in zip(sums, values, strict=True):
                of_input[vector][part % turns] = form.plus(builder, weights, value, of_input[vector][part % turns])
    end = builder.block
    turn.add_incoming(following, end)
    zero = ir.Constant(form.sums, [0] * form.set.lanes)
    for of_input, updated_input in zip(phis, sums, strict=True):
        for totals, updated in zip(of_input, updated_input, strict=True):
            for phi, value in zip(totals, updated, strict=True):
                phi.add_incoming(zero, before)
                phi.add_incoming(value, end)
    builder.cbranch(builder.icmp_unsigned("<", following, stop), loop, done)
    builder.position_at_end(done)
    return [[totals[0] if turns == 1 else builder.add(*totals) for totals in of_input] for of_input in sums]


def _emit_fetching(builder: Any, form: _Format, fetched: Any, first: Any, count: Any) -> None:
    """Asks for the lines of `count` steps from `first` on."""
    with cgutils.for_range(builder, count, intp=_INT) as step:
        line = builder.add(fetched, builder.mul(builder.add(first, step.index), _INT(form.ahead_bytes)))
        for offset in range(0, form.ahead_bytes, LINE_BYTES):
            emit_prefetch(builder, builder.add(line, _INT(offset)))


gemv: Any = intrinsic(_emit)
"""`gemv(words, at, per_row, rows, columns, x, spans, y, count, ahead, listed, some)`: see `gemv.multiply`.

`listed` are numbers of steps, of which the first `some` are taken, or all of the matrix where that is None. `x` is
float32, or for integers the levels uint8 that `spans`, each low and scale, belong to.
"""
