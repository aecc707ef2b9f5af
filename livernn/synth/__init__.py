"""Pure DSP: arrays in, arrays out; no threads, devices, files or Qt."""

from livernn.synth.kernel_cache import use_kernel_cache

# Before any module of this package compiles something.
use_kernel_cache()
