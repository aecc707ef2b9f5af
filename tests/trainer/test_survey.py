import numpy as np
import pytest
from numpy.typing import NDArray

from tests.fixtures.corpus import RATE_HZ, tune
from trainer.report import Report, advice, loudness_spread_db
from trainer.survey import FileSurvey, clipped_share, mains_hum, survey

MUSIC = tune(20.0, seed=1)


def looked_at(audio: NDArray[np.floating], name: str = "a.wav") -> FileSurvey:
    return survey(name, audio.astype(np.float32), RATE_HZ, 0.85)


def hum(mains_hz: float, level: float) -> NDArray[np.float64]:
    time_s = np.arange(len(MUSIC)) / RATE_HZ
    return level * sum(np.sin(2 * np.pi * mains_hz * k * time_s) / k for k in (1, 2, 3))


def test_music_in_order_needs_no_advice() -> None:
    found = looked_at(MUSIC)
    assert (found.clipped_share, found.overload_share, found.silent_share, found.hum_hz) == (0.0, 0.0, 0.0, 0.0)
    assert abs(found.dc_offset) < 1e-3
    assert found.seconds == 20.0
    assert advice([found], train_minutes=20.0) == []


def test_offset_is_found() -> None:
    found = looked_at(MUSIC + 0.05)
    assert found.dc_offset == pytest.approx(0.05, abs=1e-3)
    assert found.loudness_db == pytest.approx(looked_at(MUSIC).loudness_db, abs=0.01)
    assert "off by +0.050" in advice([found], 20.0)[0]


@pytest.mark.parametrize("level", [1.0, 0.4])
def test_flattened_peaks_are_clipping_at_any_level(level: float) -> None:
    time_s = np.arange(RATE_HZ) / RATE_HZ
    clipped = level * np.clip(2.0 * np.sin(2 * np.pi * 100.0 * time_s), -1.0, 1.0)
    assert clipped_share(clipped.astype(np.float32)) == pytest.approx(2 / 3, abs=0.03)


@pytest.mark.parametrize("frequency_hz", [60.0, 100.0, 1000.0])
def test_a_sine_is_not_clipped(frequency_hz: float) -> None:
    time_s = np.arange(RATE_HZ) / RATE_HZ
    assert clipped_share((0.9 * np.sin(2 * np.pi * frequency_hz * time_s + 0.1)).astype(np.float32)) == 0.0


def test_loud_treble_overloads_the_quantiser() -> None:
    found = looked_at(0.9 * np.sin(2 * np.pi * 3500.0 * np.arange(RATE_HZ) / RATE_HZ))
    assert found.overload_share > 0.3
    assert any("--pre-emphasis" in sentence for sentence in advice([found], 20.0))


def test_silent_seconds_are_counted() -> None:
    found = looked_at(np.concatenate([MUSIC, np.zeros(5 * RATE_HZ)]))
    assert found.silent_share == pytest.approx(0.2)
    assert found.loudness_db == pytest.approx(looked_at(MUSIC).loudness_db, abs=0.2)


@pytest.mark.parametrize(
    ("audio", "finding", "remedy"),
    [
        (MUSIC + 0.05, "centre line", "check it before recording more"),
        (np.clip(8.0 * MUSIC, -1.0, 1.0), "clipped", "record again at a lower level"),
        (MUSIC + hum(50.0, 0.02), "hum at 50 Hz", "notch filter"),
        (np.concatenate([MUSIC, np.zeros(5 * RATE_HZ)]), "are silent", "--longest-pause"),
        (0.02 * MUSIC, "very quiet", "turn them up"),
    ],
)
def test_a_fault_is_named_with_what_to_do(audio: NDArray[np.floating], finding: str, remedy: str) -> None:
    (said,) = [sentence for sentence in advice([looked_at(audio)], 20.0) if finding in sentence]
    assert remedy in said


def test_silence_alone_has_no_loudness() -> None:
    found = looked_at(np.zeros(RATE_HZ))
    assert found.silent_share == 1.0
    assert found.loudness_db < -150.0
    assert loudness_spread_db([found]) == 0.0


@pytest.mark.parametrize("mains_hz", [50.0, 60.0])
def test_mains_hum_is_told_from_notes(mains_hz: float) -> None:
    found_hz, level_db = mains_hum((MUSIC + hum(mains_hz, 0.01)).astype(np.float32), RATE_HZ)
    assert found_hz == mains_hz
    assert level_db == pytest.approx(-40.0, abs=1.0)
    assert mains_hum((MUSIC + hum(mains_hz, 1e-5)).astype(np.float32), RATE_HZ)[0] == 0.0


def test_a_bass_note_that_ends_is_no_hum() -> None:
    held = hum(50.0, 0.1)
    held[len(held) // 2 :] = 0.0
    assert mains_hum((MUSIC + held).astype(np.float32), RATE_HZ)[0] == 0.0


def test_unequal_loudness_and_quietness_are_said() -> None:
    files = [looked_at(MUSIC, "loud.wav"), looked_at(MUSIC * 0.03, "soft.wav")]
    assert loudness_spread_db(files) == pytest.approx(0.8 * 30.46, abs=0.5)
    assert any("differ in loudness" in sentence for sentence in advice(files, 20.0))
    assert any("very quiet" in sentence for sentence in advice([files[1]], 20.0))


def test_the_report_says_in_words_what_was_found() -> None:
    file = looked_at(MUSIC + hum(50.0, 0.02), "a.wav")
    unread = [(f"{index}.txt", "not audio") for index in range(25)]
    report = Report({"train": 5.0, "valid": 1.0, "test": 1.0}, "file", [file], unread, advice([file], 5.0))
    text = report.text()
    assert "1 recordings, divided by file: train 5.0 min, valid 1.0 min, test 1.0 min" in text
    assert "  0.txt: not audio" in text
    assert "  and 5 more" in text
    assert "* There are only 5.0 minutes" in text
    assert "hum at 50 Hz" in text


def test_a_file_shorter_than_a_second_is_surveyed() -> None:
    assert looked_at(MUSIC[:7]).seconds == 7 / RATE_HZ
    assert looked_at(MUSIC[:1]).overload_share == 0.0
