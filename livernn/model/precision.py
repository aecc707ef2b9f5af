"""In which format a kernel keeps its matrices."""

from typing import Literal

Precision = Literal["fp32", "bf16", "int8", "int4"]

GPU_PRECISION, KERNEL_PRECISION = "cuda fp32", "cuda fp16"
"""What a take says of a voice that torch's graphs, or the kernel, played on a GPU: drawn otherwise than a CPU draws."""


def matrix_format(precision: Precision) -> Precision:
    """Of all matrices but the upsamplers, whose format is `precision` itself.

    In int4 only the upsamplers are that small: they are most of the bytes and mind rounding least.
    """
    return "int8" if precision == "int4" else precision
