"""How inner loops are compiled: GIL released, kept in numba's on-disk cache."""

from collections.abc import Callable
from typing import Any, ParamSpec, TypeVar, cast

import numba

P = ParamSpec("P")
R = TypeVar("R")


def compiled(function: Callable[P, R]) -> Callable[P, R]:
    """Compile at the first call per argument types, or load from the cache."""
    # "reassoc" lets a sum of products use vector registers; NaN and infinity keep their meaning.
    jit = numba.njit(nogil=True, cache=True, error_model="numpy", fastmath={"reassoc", "contract"})
    return cast(Callable[P, R], jit(function))


NETWORK_MATH = {"contract", "reassoc", "nsz", "nnan", "ninf"}
"""Weights are finite, so NaN needs no care. Sums are reordered into lanes at compile time, so results repeat.

Without "arcp": with it a processor that estimates reciprocals divides by them, and every gate comes out low.
"""


_NO_RUN_TIME: Any = {"_nrt": False}


def network(function: Callable[P, R]) -> Callable[P, R]:
    """`compiled`, with the arithmetic that a network of finite weights allows, and unable to allocate.

    Without numba's run-time, arrays are not counted each time they are handed on, which took a sixth of a sample.
    """
    jit = numba.njit(nogil=True, cache=True, error_model="numpy", fastmath=NETWORK_MATH, **_NO_RUN_TIME)
    return cast(Callable[P, R], jit(function))


def network_inline(function: Callable[P, R]) -> Callable[P, R]:
    """As `network`, pasted into its callers so that their loops vectorise."""
    jit = numba.njit(inline="always", error_model="numpy", fastmath=NETWORK_MATH)
    return cast(Callable[P, R], jit(function))


def bound(function: Callable[P, R], *arguments: Any) -> Callable[P, R]:
    """The version of a compiled function for arguments of these types. It must be called with no others.

    numba looks for it at every call: that takes 4 microseconds, and many times that where caches are cold.
    """
    dispatcher: Any = function
    return cast(Callable[P, R], dispatcher.compile(tuple(map(numba.typeof, arguments))))
