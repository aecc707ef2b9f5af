"""Which vector instructions the kernels are emitted for: what this processor has, or what is asked for."""

import os
import platform
from dataclasses import dataclass
from typing import Literal

import llvmlite.binding as llvm

VARIABLE = "LIVERNN_INSTRUCTIONS"
"""Environment variable that forces one of `SETS`, for tests and for comparing."""

Dot = Literal["vpdpbusd", "pmaddubsw", "sdot", "plain"]


@dataclass(frozen=True)
class Instructions:
    """`lanes` floats in a vector, `vectors` of them in a panel of rows, and how int8 products are summed.

    `together` inputs are multiplied with a panel at once, as many as there are registers for their sums. `needs` are
    the LLVM features without which the set cannot be run.
    """

    lanes: int
    vectors: int
    together: int
    dot: Dot
    needs: tuple[str, ...]

    @property
    def panel_rows(self) -> int:
        """Rows that are summed at once."""
        return self.lanes * self.vectors

    @property
    def top_level(self) -> int:
        """Highest level of a quantised activation: two 8-bit products would overflow pmaddubsw's 16-bit sums."""
        return 127 if self.dot == "pmaddubsw" else 255


SETS = {
    "avx512-vnni": Instructions(16, 4, 4, "vpdpbusd", ("avx512f", "avx512vnni")),
    "avx512": Instructions(16, 4, 4, "pmaddubsw", ("avx512f", "avx512bw")),
    "avx-vnni": Instructions(8, 4, 2, "vpdpbusd", ("avx2", "avxvnni")),
    "avx2": Instructions(8, 4, 2, "pmaddubsw", ("avx2",)),
    "neon-dotprod": Instructions(4, 8, 2, "sdot", ("neon", "dotprod")),
    "neon": Instructions(4, 8, 2, "plain", ("neon",)),
    "plain": Instructions(4, 4, 2, "plain", ()),
}
"""From the fastest on."""


def runnable() -> list[str]:
    """Names of the sets that this processor has."""
    features = dict(llvm.get_host_cpu_features())
    if platform.machine().lower() in ("arm64", "aarch64"):
        features["neon"] = True
    return [name for name, entry in SETS.items() if all(features.get(need) for need in entry.needs)]


def candidates() -> list[str]:
    """Names of the sets to try in turn: what this processor has, or the one that VARIABLE asks for."""
    forced = os.environ.get(VARIABLE)
    return [forced] if forced in SETS else runnable()
