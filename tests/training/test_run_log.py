import json
from pathlib import Path

import pytest

from livernn.replacing import replace_text
from livernn.training import run_log
from livernn.training.run_log import RunLog
from tests.training.fakes import step, validation


def lines(*entries: object) -> str:
    return "".join(f"{json.dumps(entry)}\n" for entry in entries)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "log.jsonl"


def test_a_log_is_followed_as_it_grows(path: Path) -> None:
    log = RunLog(path)
    assert not log.read()
    assert log.elapsed_s == 0.0
    whole = lines(step(1, 8.0, 1.0, left_s=90.0), step(2, 7.0, 2.0, left_s=80.0), validation(2, 6.5, 2.5, 0.25))
    for end in range(len(whole) + 1):  # however it is cut, no line is lost or taken twice
        path.write_text(whole[:end])
        log.read()
    assert (list(log.seconds), list(log.bits)) == ([1.0, 2.0], [8.0, 7.0])
    assert (list(log.valid_seconds), list(log.valid_bits)) == ([2.5], [6.5])
    assert (log.left_s, log.samples_per_s, log.gain_bits) == (80.0, 9000.0, 0.25)
    assert log.elapsed_s == 2.5
    assert not log.read()


def test_a_run_that_goes_back_is_read_anew_but_its_best_is_the_best(path: Path) -> None:
    log = RunLog(path)
    path.write_text(lines(step(1, 8.0, 1.0), validation(1, 6.0, 1.0), step(2, 7.0, 2.0)))
    log.read()
    longer = [{"step": 1, "notice": "went back"}] * 20
    replace_text(path, lines(step(1, 8.0, 1.0), *longer, validation(1, 6.5, 3.0)))
    log.read()
    assert list(log.seconds) == [1.0]
    assert list(log.valid_bits) == [6.5]
    assert log.best_bits == 6.0
    assert log.notice == "went back"


def test_what_is_no_entry_is_passed_over(path: Path) -> None:
    log = RunLog(path)
    spoilt = ["nonsense", "[1]", "[" * 20000, '{"bits": "many"}', '{"bits": 3}', '{"unknown": 1}', '{"valid_bits": []}']
    path.write_text("\n".join(spoilt) + "\n" + lines(step(1, 8.0, 1.0)))
    log.read()
    assert (list(log.bits), list(log.seconds), list(log.valid_bits)) == ([8.0], [1.0], [])


def test_a_long_log_is_read_in_parts(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run_log, "_AT_ONCE_BYTES", 1000)
    path.write_text(lines(*(step(at, 8.0, float(at)) for at in range(100))))
    log, reads = RunLog(path), 0
    while log.read():
        reads += 1
    assert reads > 5
    assert list(log.seconds) == [float(at) for at in range(100)]
