"""Words that threads or processes share: ordered reads and writes of int64 arrays, for compiled code."""

import platform
from typing import Any

from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

_BYTES = 8
_WORD = ir.IntType(64)
_PAUSES = {
    "x86_64": ("llvm.x86.sse2.pause", ()), "amd64": ("llvm.x86.sse2.pause", ()),
    "arm64": ("llvm.aarch64.hint", (1,)), "aarch64": ("llvm.aarch64.hint", (1,)),
}  # fmt: skip


def _pointer(context: Any, builder: Any, array_type: Any, array: Any, index: Any) -> Any:
    data = context.make_array(array_type)(context, builder, array).data
    return builder.gep(data, [index], source_etype=_WORD)


def _emit_load(typing_context: Any, words: Any, index: Any) -> Any:  # noqa: ARG001
    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        pointer = _pointer(context, builder, signature.args[0], arguments[0], arguments[1])
        return builder.load_atomic(pointer, "acquire", _BYTES, typ=_WORD)

    return types.int64(words, types.intp), generate


def _emit_store(typing_context: Any, words: Any, index: Any, value: Any) -> Any:  # noqa: ARG001
    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        pointer = _pointer(context, builder, signature.args[0], arguments[0], arguments[1])
        builder.store_atomic(arguments[2], pointer, "release", _BYTES)
        return context.get_dummy_value()

    return types.void(words, types.intp, types.int64), generate


def _emit_exchange(typing_context: Any, words: Any, index: Any, expected: Any, value: Any) -> Any:  # noqa: ARG001
    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        pointer = _pointer(context, builder, signature.args[0], arguments[0], arguments[1])
        found = builder.cmpxchg(pointer, arguments[2], arguments[3], "seq_cst", "seq_cst")
        return builder.extract_value(found, 1)

    return types.boolean(words, types.intp, types.int64, types.int64), generate


def _emit_pause(typing_context: Any) -> Any:  # noqa: ARG001
    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:  # noqa: ARG001
        name, values = _PAUSES.get(platform.machine().lower(), ("", ()))
        if name:
            kind = ir.FunctionType(ir.VoidType(), [ir.IntType(32)] * len(values))
            function = cgutils.get_or_insert_function(builder.module, kind, name)  # type: ignore[no-untyped-call]
            builder.call(function, [ir.IntType(32)(value) for value in values])
        return context.get_dummy_value()

    return types.void(), generate


load_acquire: Any = intrinsic(_emit_load)
"""`load_acquire(words, index)`: later reads see what was written before its release."""

store_release: Any = intrinsic(_emit_store)
"""`store_release(words, index, value)`: after everything that was written before."""

exchange: Any = intrinsic(_emit_exchange)
"""`exchange(words, index, expected, value)`: stores where the word is what was expected; returns whether it was."""

pause: Any = intrinsic(_emit_pause)
"""`pause()`: one turn of a loop that waits, at little cost to the core's other thread."""
