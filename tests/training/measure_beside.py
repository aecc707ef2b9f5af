"""Whether the sound starves beside a training: `python -m pytest -s tests/training/measure_beside.py` (three minutes).

Prints one JSON object; asserts nothing about time. Not collected with the tests.

A real engine plays the bundled preset on an audio server of its own: first alone, then while the trainer fits
`live-256` as the window has it done, a validation included. `least_depth_ms` is the least that the ring held, `factor`
the median of how much faster than real time it was filled, both looked at every 10 ms.
"""

import json
import os
import statistics
import sys
import time
from pathlib import Path

import pytest

from livernn.control.preset import load_preset
from livernn.engine.client import EngineClient, EngineState
from livernn.training import job
from livernn.training.job import Job
from livernn.training.shelf import Training, TrainingShelf
from livernn.training.workshop import Stage, Workshop
from tests.fixtures.corpus import write_folder
from tests.fixtures.patience import wait_for

SECONDS = float(os.environ.get("SECONDS_MEASURED", "60"))
LOOK_EVERY_S = 0.01
PATIENCE_S = 300.0


def measure(client: EngineClient) -> dict[str, float]:
    before, looks = client.metrics(), []
    until = time.monotonic() + SECONDS
    while time.monotonic() < until:
        looks.append(client.metrics())
        time.sleep(LOOK_EVERY_S)
    after = client.metrics()
    return {
        "underruns": after.underruns - before.underruns,
        "device_xruns": after.device_xruns - before.device_xruns,
        "least_depth_ms": round(min(look.depth_ms for look in looks), 1),
        "factor": round(statistics.median(look.real_time_factor for look in looks), 2),
    }


def seen(workshop: Workshop) -> Workshop:
    workshop.look()
    return workshop


def trained(workshop: Workshop, training: Training) -> dict[str, float]:
    log = seen(workshop).log(training)
    return {"steps": len(log.bits), "validations": len(log.valid_bits)}


@pytest.mark.timeout(4 * PATIENCE_S)
def test_measure(jack_server: object, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(job, "VALIDATE_EVERY_MINUTES", SECONDS / 120.0)
    preset = load_preset("piano")
    client = EngineClient(lambda _: None)
    workshop = Workshop(TrainingShelf(tmp_path / "shelf"), Job)
    write_folder(tmp_path / "Chimes", {"chimes.wav": 600.0})
    try:
        client.start()
        client.set_audio("loopback")
        client.load(preset.checkpoint, preset.patch)
        client.play()
        workshop.add(tmp_path / "Chimes")
        training = workshop.chosen
        assert training is not None
        wait_for(lambda: seen(workshop).stage(training) is Stage.PREPARED, PATIENCE_S)
        wait_for(lambda: client.metrics().state is EngineState.PLAYING, PATIENCE_S)
        time.sleep(2.0)
        figures: dict[str, object] = {"seconds": SECONDS, "threads": job.spare_cores(), "alone": measure(client)}
        workshop.train()
        wait_for(lambda: len(seen(workshop).log(training).bits) > 2, PATIENCE_S)
        before = trained(workshop, training)
        figures["beside"] = measure(client)
        after = trained(workshop, training)
        figures["trained"] = {name: after[name] - before[name] for name in after}
        workshop.stop()
        wait_for(lambda: seen(workshop).working is None, PATIENCE_S)
    finally:
        client.close()
    sys.stdout.write(json.dumps(figures, indent=1))
