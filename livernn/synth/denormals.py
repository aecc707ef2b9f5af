"""Flushing of denormals: states that decay towards zero would otherwise slow the arithmetic down a hundredfold."""

import platform
from typing import Any

from llvmlite import ir
from numba import njit, types
from numba.core import cgutils
from numba.extending import intrinsic

_FLUSH_TO_ZERO = 0x8000
_DENORMALS_ARE_ZERO = 0x0040
_IS_X86 = platform.machine().lower() in ("x86_64", "amd64")


def _control_word(builder: Any) -> tuple[Any, Any, Any]:
    """Room for MXCSR on the stack, and the functions that store it there and load it from there."""
    pointer = ir.PointerType(ir.IntType(8))
    access = ir.FunctionType(ir.VoidType(), [pointer])
    room = cgutils.alloca_once(builder, ir.IntType(32))
    store = cgutils.get_or_insert_function(builder.module, access, "llvm.x86.sse.stmxcsr")
    load = cgutils.get_or_insert_function(builder.module, access, "llvm.x86.sse.ldmxcsr")
    return room, store, load


@intrinsic
def _read_control(typing_context):  # type: ignore[no-untyped-def]  # noqa: ARG001
    def generate(context, builder, signature, arguments):  # type: ignore[no-untyped-def]  # noqa: ARG001
        room, store, _ = _control_word(builder)
        builder.call(store, [builder.bitcast(room, ir.PointerType(ir.IntType(8)))])
        return builder.load(room)

    return types.uint32(), generate


@intrinsic
def _write_control(typing_context, control):  # type: ignore[no-untyped-def]  # noqa: ARG001
    def generate(context, builder, signature, arguments):  # type: ignore[no-untyped-def]  # noqa: ARG001
        room, _, load = _control_word(builder)
        builder.store(arguments[0], room)
        builder.call(load, [builder.bitcast(room, ir.PointerType(ir.IntType(8)))])
        return context.get_dummy_value()

    return types.void(types.uint32), generate


if _IS_X86:

    @njit(inline="always")
    def flush_denormals():  # type: ignore[no-untyped-def]
        """Flush in this thread from here on; returns what `restore_denormals` takes."""
        control = _read_control()
        _write_control(control | types.uint32(_FLUSH_TO_ZERO | _DENORMALS_ARE_ZERO))
        return control

    @njit(inline="always")
    def restore_denormals(control):  # type: ignore[no-untyped-def]
        """Leave the thread as `flush_denormals` found it: NumPy complains about threads that flush."""
        _write_control(control)

else:

    @njit(inline="always")
    def flush_denormals():  # type: ignore[no-untyped-def]
        """Nothing to do: this processor handles denormals at full speed."""
        return types.uint32(0)

    @njit(inline="always")
    def restore_denormals(control):  # type: ignore[no-untyped-def]
        """Nothing to undo."""
