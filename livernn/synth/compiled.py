"""How the signal chain's inner loops are compiled: GIL released, kept in numba's on-disk cache."""

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
