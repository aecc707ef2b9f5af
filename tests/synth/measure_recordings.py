"""Whether the guard lets music be: `DATA=... python -m pytest -s tests/synth/measure_recordings.py`.

Prints one JSON object; asserts nothing. Not collected with the tests. DATA is what `python -m trainer prepare` made;
PRESET ("piano") was trained on it. Its recordings of SPLIT ("test"), MINUTES (3) of them at most, are watched as if
they were played: how long they resemble themselves at most, and what the guard would take for dead.
"""

import json
import os
import sys
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
import torch

from livernn.control.preset import load_preset
from livernn.model.checkpoint import load_checkpoint
from livernn.synth.vigil import GLANCE_S, Vigil
from trainer.dataset import load_dataset
from trainer.evaluate import network
from trainer.held_out import forced_bits

PRESET = os.environ.get("PRESET", "piano")
DATA = Path(os.environ.get("DATA", "data"))
SPLIT = os.environ.get("SPLIT", "test")
MINUTES = float(os.environ.get("MINUTES", "3"))


@pytest.mark.timeout(0)
def test_measure() -> None:
    torch.set_num_threads(1)
    checkpoint = load_checkpoint(load_preset(PRESET).checkpoint)
    model, rate_hz = network(checkpoint), checkpoint.config.sample_rate_hz
    block, watched_s, troubles, repeating_s = round(GLANCE_S * rate_hz), 0.0, Counter[str](), [0.0]
    for codes in load_dataset(DATA).split(SPLIT).recordings():
        vigil = Vigil(checkpoint.config, checkpoint.foresight)
        bits = np.concatenate([*forced_bits(model, codes)])
        for at in range(0, len(bits) - block, block):
            if vigil.hear(at, np.asarray(codes[np.newaxis, at : at + block]), float(bits[at : at + block].mean())):
                repeating_s.append(vigil.repeating_s)
                troubles[vigil.trouble.value if vigil.trouble else "none"] += 1
        watched_s += len(bits) / rate_hz
        if watched_s >= 60.0 * MINUTES:
            break
    glances = max(1, sum(troubles.values()))
    shares = {name: round(count / glances, 4) for name, count in troubles.items()}
    figures = {
        "preset": PRESET,
        "split": SPLIT,
        "watched_s": round(watched_s),
        "longest_repeating_s": round(max(repeating_s), 1),
    }
    sys.stdout.write(f"\n{json.dumps({**figures, 'seen': shares})}\n")
