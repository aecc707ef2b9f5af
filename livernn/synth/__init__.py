"""Pure DSP: arrays in, arrays out; no threads, devices, files or Qt."""
