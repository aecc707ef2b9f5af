"""What this machine offers to training."""

import ctypes
import platform
import sys

import llvmlite.binding as llvm
import torch

M_TRIM_THRESHOLD = -1
M_TOP_PAD = -2
M_MMAP_MAX = -4


def training_device() -> torch.device:
    """A CUDA device where there is one, else the CPU."""
    return torch.device("cuda" if torch.cuda.is_available() else "cpu")


def bf16_pays(device: torch.device) -> bool:
    """Whether autocast to bfloat16 is carried out by hardware."""
    if device.type == "cuda":
        return bool(torch.cuda.is_bf16_supported(including_emulation=False))
    features = llvm.get_host_cpu_features()
    return bool(features.get("avx512bf16") or features.get("amx-bf16") or features.get("bf16"))


def keep_freed_memory() -> None:
    """Let glibc keep the tens of megabytes that every step frees, instead of returning them to the kernel.

    Each step would otherwise fault its activations in again page by page, which costs up to half of its time.
    """
    if sys.platform == "linux" and platform.libc_ver()[0] == "glibc":
        libc = ctypes.CDLL(None)
        libc.mallopt(M_MMAP_MAX, 0)
        libc.mallopt(M_TRIM_THRESHOLD, 2**31 - 1)
        libc.mallopt(M_TOP_PAD, 256 << 20)
