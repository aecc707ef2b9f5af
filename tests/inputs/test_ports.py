import subprocess
import sys
from contextlib import suppress
from typing import Any

import pytest

from livernn.errors import DeviceError
from livernn.inputs.ports import list_ports


@pytest.fixture
def scan_runs(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Lets a program of the test's own stand for the scan."""
    run = subprocess.run

    def replace(program: str) -> None:
        monkeypatch.setattr(subprocess, "run", lambda _, **options: run([sys.executable, "-c", program], **options))

    return replace


def test_names_are_read_past_what_drivers_print(scan_runs: Any) -> None:
    scan_runs("print('ALSA says hello'); print('[\"Knobs 24:0\", \"Keys\"]')")
    assert list_ports() == ["Knobs 24:0", "Keys"]


def test_a_scan_that_hangs_is_ended(scan_runs: Any) -> None:
    scan_runs("import time; time.sleep(60)")
    with pytest.raises(DeviceError, match=r"did not answer within 0\.5 s"):
        list_ports(patience_s=0.5)


def test_a_scan_that_fails_says_why(scan_runs: Any) -> None:
    scan_runs("import sys; sys.stderr.write('noise\\nno sequencer.\\n'); sys.exit(1)")
    with pytest.raises(DeviceError, match="no sequencer"):
        list_ports()


def test_a_scan_that_crashes_says_its_code(scan_runs: Any) -> None:
    scan_runs("import os; os._exit(9)")
    with pytest.raises(DeviceError, match="code 9"):
        list_ports()


def test_the_real_scan_answers_or_says_why() -> None:
    with suppress(DeviceError):
        assert isinstance(list_ports(), list)
