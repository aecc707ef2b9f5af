"""The GPU sampler. Its modules import torch: nothing that a window needs on a CPU may import them."""
