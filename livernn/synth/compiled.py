"""How inner loops are compiled: GIL released, kept in numba's on-disk cache."""

from collections.abc import Callable
from typing import ParamSpec, TypeVar, cast

import numba

P = ParamSpec("P")
R = TypeVar("R")


def compiled(function: Callable[P, R]) -> Callable[P, R]:
    """Compile at the first call per argument types, or load from the cache."""
    # "reassoc" lets a sum of products use vector registers; NaN and infinity keep their meaning.
    jit = numba.njit(nogil=True, cache=True, error_model="numpy", fastmath={"reassoc", "contract"})
    return cast(Callable[P, R], jit(function))


NETWORK_MATH = {"contract", "reassoc", "nsz", "arcp", "nnan", "ninf"}
"""Weights are finite, so NaN needs no care. Sums are reordered into lanes at compile time, so results repeat."""


def network(function: Callable[P, R]) -> Callable[P, R]:
    """`compiled`, with the arithmetic that a network of finite weights allows."""
    jit = numba.njit(nogil=True, cache=True, error_model="numpy", fastmath=NETWORK_MATH)
    return cast(Callable[P, R], jit(function))


def network_inline(function: Callable[P, R]) -> Callable[P, R]:
    """As `network`, pasted into its callers so that their loops vectorise."""
    jit = numba.njit(inline="always", error_model="numpy", fastmath=NETWORK_MATH)
    return cast(Callable[P, R], jit(function))
