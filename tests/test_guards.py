"""The guards of conftest.py: each fails the test that it is there for, and no other."""

import shutil
from pathlib import Path

import pytest

from tests.fixtures import lacking

ROOT = Path(__file__).resolve().parent.parent

SAMPLE = """
import logging, os, subprocess, sys, threading, time, warnings
import pytest

children = []

def test_clean(qtbot):
    from PySide6.QtWidgets import QLabel
    label = QLabel("fine")
    qtbot.addWidget(label)
    label.show()

def test_expected_log(caplog):
    logging.getLogger("sample").warning("expected")
    assert caplog.messages == ["expected"]
    caplog.clear()

def test_own_folder(tmp_path):
    assert os.environ["LIVERNN_HOME"].startswith(str(tmp_path))

def test_fails_by_log():
    logging.getLogger("sample").warning("unexpected")

def test_fails_by_warning():
    warnings.warn("unexpected")

def test_fails_by_qt_message(qtbot):
    from PySide6.QtCore import qWarning
    qWarning("unexpected")

def test_fails_by_exception_in_a_thread():
    def work():
        raise ValueError
    thread = threading.Thread(target=work)
    thread.start()
    thread.join()

def test_fails_by_thread():
    threading.Thread(target=time.sleep, args=(20,), daemon=True, name="stray").start()

def test_fails_by_process():
    children.append(subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE))

@pytest.fixture(scope="module", autouse=True)
def _end_children():
    yield
    for child in children:
        child.communicate()
"""


def test_what_is_lacking_is_skipped_and_fails_where_nothing_may_be(monkeypatch: pytest.MonkeyPatch) -> None:
    for all_is_there, outcome in ((False, pytest.skip.Exception), (True, pytest.fail.Exception)):
        monkeypatch.setattr(lacking, "ALL_IS_THERE", all_is_there)
        with pytest.raises(outcome, match="needs a moon"):
            lacking.lack("needs a moon")


def test_the_guards_catch_what_they_are_there_for(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
    pytester.makeconftest(
        (ROOT / "tests/conftest.py")
        .read_text("utf-8")
        .replace("LEFTOVER_PATIENCE_S = 3.0", "LEFTOVER_PATIENCE_S = 0.3")
    )
    sample = pytester.makepyfile(SAMPLE)
    shutil.copy(ROOT / "pyproject.toml", pytester.path)
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    result = pytester.runpytest_subprocess("-p", "no:cacheprovider", "-v", sample)
    lines = [line for line in result.outlines if line.startswith("test_") and "::" in line]
    bad = {line.split("::")[1].split()[0] for line in lines if "FAILED" in line or "ERROR" in line}
    names = {line.split("::")[1].split()[0] for line in lines}
    assert bad == {name for name in names if name.startswith("test_fails_by")}
    assert len(names) == 9
