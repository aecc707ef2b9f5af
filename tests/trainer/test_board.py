"""What TensorBoard is given: read back from the event file."""

import builtins
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from livernn.errors import LiveRNNError
from livernn.wavfile import write_wav
from tests.fixtures.tiny_training import TINY, tone_data
from trainer.board import Board
from trainer.dataset import load_dataset
from trainer.loop import fit
from trainer.picture import SPECTROGRAM_HEIGHT
from trainer.run import RunFolder

accumulator = pytest.importorskip(
    "tensorboard.backend.event_processing.event_accumulator", reason="needs the package tensorboard"
)


def read_board(folder: Path) -> object:
    events = accumulator.EventAccumulator(str(folder))
    events.Reload()
    return events


def test_figures_spectrograms_and_sound_are_there(tmp_path: Path) -> None:
    run = RunFolder(tmp_path / "run")
    fit(load_dataset(tone_data(tmp_path / "data")), replace(TINY, steps=20), run, tensorboard=True)
    events = read_board(run.board)
    for tag in ("bits/train", "step/learning rate", "step/gradient norm", "step/samples per s"):
        assert [event.step for event in events.Scalars(tag)] == list(range(1, 21))
        assert all(event.value > 0.0 for event in events.Scalars(tag))
    assert [event.step for event in events.Scalars("bits/valid")] == [10, 20]
    for event in events.Images("spectrogram"):
        assert event.height == SPECTROGRAM_HEIGHT
        assert event.encoded_image_string.startswith(b"\x89PNG")
    (first, second) = events.Audio("sound")
    assert (first.step, second.step) == (10, 20)
    assert first.sample_rate == 16000
    assert first.length_frames == 1600


def test_a_resumed_run_takes_back_what_was_shown_of_the_steps_it_repeats(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    sound = tmp_path / "sound.wav"
    write_wav(sound, np.zeros(1600, np.float32), 16000)
    for first_step, last_step in ((0, 12), (10, 15)):
        board = Board(tmp_path / "board", first_step)
        for step in range(first_step + 1, last_step + 1):
            board.figures({"step": step, "bits": float(first_step)})
        board.close()
    shown = [(event.step, event.value) for event in read_board(tmp_path / "board").Scalars("bits/train")]
    assert shown == [(step, 0.0 if step <= 10 else 10.0) for step in range(1, 16)]
    assert "Purging expired events" in caplog.text
    caplog.clear()


def test_without_the_package_one_line_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    real: Callable[..., object] = builtins.__import__

    def lacking(name: str, *arguments: object) -> object:
        if name.startswith("torch.utils.tensorboard"):
            raise ImportError("No module named 'tensorboard'")
        return real(name, *arguments)

    monkeypatch.setattr(builtins, "__import__", lacking)
    with pytest.raises(LiveRNNError, match="pip install tensorboard"):
        Board(tmp_path, 0)
