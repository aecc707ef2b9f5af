"""Memory asked for ahead of its use: it comes from afar while the core works on what it has near."""

from typing import Any

from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

LINE_BYTES = 64

_BYTE, _WORD, _INT = ir.IntType(8), ir.IntType(32), ir.IntType(64)
_INTO_L2 = 2


def emit_prefetch(builder: Any, address: Any) -> None:
    """Asks for the line at `address`, an integer; one that cannot be read does no harm."""
    pointer = ir.PointerType(_BYTE)
    kind = ir.FunctionType(ir.VoidType(), [pointer, _WORD, _WORD, _WORD])
    function: Any = cgutils.get_or_insert_function(builder.module, kind, "llvm.prefetch.p0i8")  # type: ignore[no-untyped-call]
    builder.call(function, [builder.inttoptr(address, pointer), _WORD(0), _WORD(_INTO_L2), _WORD(1)])


def _emit_address(typing_context: Any, array: Any, index: Any) -> Any:  # noqa: ARG001
    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        data = context.make_array(signature.args[0])(context, builder, arguments[0]).data
        return builder.ptrtoint(builder.gep(data, [arguments[1]]), _INT)

    return types.int64(array, types.intp), generate


address_of: Any = intrinsic(_emit_address)
"""`address_of(array, index)`: where an element of a flat array lies."""
