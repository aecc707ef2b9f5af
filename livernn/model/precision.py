"""In which format a kernel keeps its matrices."""

from typing import Literal

Precision = Literal["fp32", "bf16", "int8"]

DEFAULT_PRECISION: Precision = "bf16"
"""Half the bytes of fp32, which are what bounds the speed, for a rounding far below that of the codes."""
