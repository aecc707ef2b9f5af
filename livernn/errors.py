"""Errors that a user can act on."""

from pathlib import Path


class LiveRNNError(Exception):
    """What went wrong, why, and what to do about it, in one line.

    Raised for bad input and failed devices, never for bugs. Programs print it without a traceback and exit
    with `exit_code`.
    """

    exit_code = 1

    def __init__(self, what: str, why: str, remedy: str) -> None:
        super().__init__(f"{what}: {why}. {remedy}")
        self.what = what
        self.why = why
        self.remedy = remedy


class BadInputError(LiveRNNError):
    """A file, name or value from the user cannot be used."""

    exit_code = 2


def disk_refused(path: Path, error: OSError) -> LiveRNNError:
    """What to raise where a file of the user's cannot be written, moved or removed."""
    return LiveRNNError(str(path), f"the disk refuses ({error.strerror})", "Check the folder's permissions and space.")


class DeviceError(LiveRNNError):
    """An audio, MIDI or compute device is missing or failed."""
