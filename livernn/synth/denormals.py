"""Flushing of denormals: states that decay towards zero would otherwise slow the arithmetic down a hundredfold."""

import platform
from typing import Any

import numpy as np
from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

from livernn.synth.compiled import network_inline

_IS_X86 = platform.machine().lower() in ("x86_64", "amd64")
_FLUSH = np.uint32(0x8000 | 0x0040)
"""Flush-to-zero and denormals-are-zero in MXCSR (Intel 64 manual, volume 1, section 10.2.3)."""

_BYTES = ir.PointerType(ir.IntType(8))
_ACCESS = ir.FunctionType(ir.VoidType(), [_BYTES])


def _call_on(builder: Any, room: Any, name: str) -> None:
    """Call an instruction that stores MXCSR to memory or loads it from there."""
    function: Any = cgutils.get_or_insert_function(builder.module, _ACCESS, name)  # type: ignore[no-untyped-call]
    builder.call(function, [builder.bitcast(room, _BYTES)])


def _emit_read(typing_context: Any) -> Any:  # noqa: ARG001
    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:  # noqa: ARG001
        room: Any = cgutils.alloca_once(builder, ir.IntType(32))  # type: ignore[no-untyped-call]
        _call_on(builder, room, "llvm.x86.sse.stmxcsr")
        return builder.load(room)

    return types.uint32(), generate


def _emit_write(typing_context: Any, control: Any) -> Any:  # noqa: ARG001
    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:  # noqa: ARG001
        room: Any = cgutils.alloca_once(builder, ir.IntType(32))  # type: ignore[no-untyped-call]
        builder.store(arguments[0], room)
        _call_on(builder, room, "llvm.x86.sse.ldmxcsr")
        return context.get_dummy_value()

    return types.void(types.uint32), generate


_read_control: Any = intrinsic(_emit_read)
_write_control: Any = intrinsic(_emit_write)


@network_inline
def flush_denormals() -> np.uint32:
    """Flush in this thread from here on; returns what `restore_denormals` takes. Only x86 needs it."""
    if _IS_X86:
        control = _read_control()
        _write_control(np.uint32(control | _FLUSH))
        return np.uint32(control)
    return np.uint32(0)


@network_inline
def restore_denormals(control: np.uint32) -> None:
    """Leave the thread as `flush_denormals` found it: NumPy complains about threads that flush."""
    if _IS_X86:
        _write_control(control)
