"""A clock that compiled code can read in a few nanoseconds, for measurements."""

import platform
from typing import Any

from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

_COUNTER = "llvm.readcyclecounter" if platform.machine().lower() in ("x86_64", "amd64") else "llvm.readsteadycounter"
"""Arm's cycle counter is not for user programs."""


def _emit(typing_context: Any) -> Any:  # noqa: ARG001
    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:  # noqa: ARG001
        kind = ir.FunctionType(ir.IntType(64), [])
        return builder.call(cgutils.get_or_insert_function(builder.module, kind, _COUNTER), [])  # type: ignore[no-untyped-call]

    return types.int64(), generate


ticks: Any = intrinsic(_emit)
"""Ticks of a counter that runs evenly, of no known unit; always 0 on processors that have none."""
