"""The trainer without its process: a test writes what it would have written."""

import json
from collections.abc import Sequence
from pathlib import Path

from livernn.training.shelf import Training

SILENCE = "12% of the seconds are silent. A model that hears much silence falls silent: cut long pauses out."
HUM = "2 of 14 files hum at 50 Hz (worst: take 3.wav, -48 dBFS). The model will hum too: remove it with a notch filter."
ADVICE = (SILENCE, HUM)


class FakeJob:
    """Runs until `code` is set."""

    def __init__(self, command: Sequence[str], output: Path) -> None:
        self.command = list(command)
        self.output = output
        self.code: int | None = None
        self.interrupted = False

    def poll(self) -> int | None:
        return self.code

    def interrupt(self) -> None:
        self.interrupted = True
        self.code = 130

    def wait(self) -> None:
        assert self.code is not None


class FakeTrainer:
    """Starts `FakeJob`s, and keeps them."""

    def __init__(self) -> None:
        self.jobs: list[FakeJob] = []

    def __call__(self, command: Sequence[str], output: Path) -> FakeJob:
        self.jobs.append(FakeJob(command, output))
        return self.jobs[-1]

    @property
    def job(self) -> FakeJob:
        return self.jobs[-1]


def write_data(training: Training, advice: Sequence[str] = (), minutes: float = 21.0) -> None:
    """As `prepare` does."""
    training.data.mkdir(parents=True, exist_ok=True)
    report = {
        "minutes": {"train": minutes - 2.0, "valid": 1.0, "test": 1.0},
        "files": [{"name": f"take {at}.wav"} for at in range(14)],
        "unread": [["cover.jpg", "it is no sound"]],
        "advice": list(advice),
    }
    (training.data / "dataset.json").write_text(json.dumps({"report": report}))


def step(step: int, bits: float, elapsed_s: float, left_s: float = 60.0) -> dict[str, float]:
    return {"step": step, "bits": bits, "elapsed_s": elapsed_s, "left_s": left_s, "samples_per_s": 9000}


def validation(step: int, bits: float, elapsed_s: float, gain_bits: float | None = None) -> dict[str, object]:
    return {"step": step, "valid_bits": bits, "elapsed_s": elapsed_s, "gain_bits": gain_bits}


def write_log(training: Training, *entries: object, mode: str = "a") -> None:
    """As `fit` does."""
    training.run.mkdir(parents=True, exist_ok=True)
    with training.log.open(mode) as file:
        file.write("".join(f"{json.dumps(entry)}\n" for entry in entries))
