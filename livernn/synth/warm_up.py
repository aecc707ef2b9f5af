"""`python -m livernn.synth.warm_up CHECKPOINT THREADS`: compile the kernels into the cache, in a process of its own.

Prints one JSON object per stage: {"stage": what is being done, "fraction": share of it all that is behind}.
"""

import json
import os
import sys
from pathlib import Path

from livernn.control.patch import Patch
from livernn.errors import LiveRNNError
from livernn.model.checkpoint import load_checkpoint
from livernn.synth import chain
from livernn.synth.crew import make_crew
from livernn.synth.generator import Generator
from livernn.synth.kernel import load_kernel

_SAMPLES = 64
_NICE = 10
"""Another model may be playing meanwhile."""


def _report(stage: str, fraction: float) -> None:
    print(json.dumps({"stage": stage, "fraction": fraction}), flush=True)


def main(path: Path, threads: int) -> None:
    """Compile what playing `path` needs; a warm cache makes this a matter of loading."""
    if sys.platform != "win32":
        os.nice(_NICE)
    _report("reading the model", 0.0)
    checkpoint = load_checkpoint(path)
    _report("tuning the signal chain for this processor", 0.1)
    chain.warm_up()
    _report("tuning the model's kernel for this processor", 0.3)
    generator = Generator(load_kernel(checkpoint), seed=0)
    generator.render(_SAMPLES, [Patch()])
    if threads == 2:
        _report("tuning it for two cores", 0.8)
        generator.assist(make_crew(checkpoint.config, 1))
    _report("ready", 1.0)


if __name__ == "__main__":
    try:
        main(Path(sys.argv[1]), int(sys.argv[2]))
    except LiveRNNError as error:
        print(error, file=sys.stderr)
        sys.exit(error.exit_code)
