"""`python -m livernn.engine HANDLE REEL [--seed N] [--threads N] [--device D]`: commands on stdin, events on stdout.

Started by EngineClient, whose shared memory HANDLE and REEL name. Ends when standard input does, whatever hangs.
"""

import argparse
import gc
import logging
import os
import signal
import sys
import threading
from typing import BinaryIO, get_args

from livernn.commandline import add_device, add_threads
from livernn.engine.devices import list_inputs, list_outputs
from livernn.engine.input import StreamInput
from livernn.engine.messages import Command, Event, Garbled, Quit
from livernn.engine.output import StreamOutput
from livernn.engine.process import Engine
from livernn.engine.real_studio import RealStudio
from livernn.engine.reel import Reel
from livernn.engine.shared import SharedBlock
from livernn.engine.wire import LINE_LIMIT_BYTES, claim_stdout, decode, encode

_EXIT_PATIENCE_S = 8.0
_SWITCH_INTERVAL_S = 0.0005
"""A Python thread that is busy keeps the sampler waiting this long, not the default 5 ms."""


class _Mouth:
    """Writes events; a client that no longer listens is no reason to fail."""

    def __init__(self, out: BinaryIO) -> None:
        self._out = out
        self._lock = threading.Lock()

    def say(self, event: Event) -> None:
        with self._lock:
            try:
                self._out.write(encode(event))
            except OSError:
                logging.getLogger(__name__).info("nobody reads events any more")


def _listen(engine: Engine, mouth: _Mouth) -> None:
    while line := sys.stdin.buffer.readline(LINE_LIMIT_BYTES):
        message = decode(line)
        if isinstance(message, get_args(Command)):
            engine.post(message)
        elif isinstance(message, Garbled):
            mouth.say(message)
        else:
            mouth.say(Garbled(type(message).__name__, "this is no command"))
    overdue = threading.Timer(_EXIT_PATIENCE_S, os._exit, (1,))
    overdue.daemon = True
    overdue.start()
    engine.post(Quit())


def main() -> None:
    """Serve until the client is gone."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the client
    parser = argparse.ArgumentParser(prog="python -m livernn.engine")
    parser.add_argument("handle")
    parser.add_argument("reel")
    parser.add_argument("--seed", type=int)
    add_threads(parser)
    add_device(parser)
    arguments = parser.parse_args()
    logging.basicConfig(stream=sys.stderr, level=logging.INFO, format="%(levelname)s %(name)s: %(message)s")
    mouth = _Mouth(claim_stdout())
    block, reel = SharedBlock.attach(arguments.handle), Reel.attach(arguments.reel)
    output = StreamOutput(block, reel)
    engine = Engine(
        block,
        reel,
        RealStudio(arguments.threads, arguments.device),
        output,
        mouth.say,
        list_outputs,
        arguments.seed,
        microphone=StreamInput(),
        list_inputs=list_inputs,
    )
    gc.freeze()
    gc.disable()
    sys.setswitchinterval(_SWITCH_INTERVAL_S)
    threading.Thread(target=_listen, args=(engine, mouth), name="listener", daemon=True).start()
    engine.run()
    os._exit(0)  # threads that hang are not waited for


if __name__ == "__main__":
    main()
