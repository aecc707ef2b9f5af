"""What all commands read their arguments with: one line and exit code 2 for what cannot be used."""

import argparse
import math
from typing import NoReturn

from livernn.errors import BadInputError

DEVICES = ("auto", "cpu", "cuda")


class Parser(argparse.ArgumentParser):
    """Errors as those of the rest, in place of a page of usage."""

    def error(self, message: str) -> NoReturn:
        raise BadInputError("command line", message, f"See {self.prog} --help.")


def number(text: str) -> float:
    """Any number that Python reads, infinity and NaN included."""
    try:
        return float(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text} is not a number") from None


def positive(text: str) -> float:
    """A finite number above 0."""
    value = number(text)
    if not (math.isfinite(value) and value > 0.0):
        raise argparse.ArgumentTypeError(f"{text} is not above 0")
    return value


def whole(text: str, lowest: int, highest: int) -> int:
    """A whole number in `lowest..highest`."""
    try:
        value = int(text)
    except ValueError:
        value = lowest - 1
    if not lowest <= value <= highest:
        raise argparse.ArgumentTypeError(f"{text} is not a whole number from {lowest} to {highest}")
    return value


def count(text: str) -> int:
    """A whole number from 1 on."""
    return whole(text, 1, 2**31 - 1)


def seed(text: str) -> int:
    """What a random stream may be started with."""
    return whole(text, 0, 2**63 - 1)


def sizes(text: str) -> tuple[int, ...]:
    """Whole numbers from 1 on, between commas."""
    return tuple(whole(part, 1, 1 << 16) for part in text.split(","))


def add_inputs(parser: argparse.ArgumentParser) -> None:
    """`--midi` and `--osc`, for the programs that are played: `midi` is None or names, `osc` None or host and port."""
    parser.add_argument(
        "--midi", action="append", metavar="PORT", help="listen to this MIDI input, or part of its name (default: all)"
    )
    parser.add_argument(
        "--osc", type=udp_address, metavar="PORT", help="listen to OSC; HOST:PORT for others than this machine"
    )


def add_threads(parser: argparse.ArgumentParser) -> None:
    """`--threads`, for whatever renders while time passes."""
    parser.add_argument(
        "--threads", type=int, choices=(1, 2), default=1, help="2: a second core computes ahead where it is idle"
    )


def add_device(parser: argparse.ArgumentParser) -> None:
    """`--device`: `auto` is whichever plays one voice faster."""
    parser.add_argument("--device", choices=DEVICES, default="auto", help="what the model runs on")


def udp_address(text: str) -> tuple[str, int]:
    """Host and port; a port alone is this machine's, which no other can reach."""
    host, _, port = text.rpartition(":")
    return host or "127.0.0.1", whole(port, 1, 65535)
