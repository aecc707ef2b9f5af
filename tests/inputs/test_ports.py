import json
import subprocess
import sys
import threading
from contextlib import suppress
from typing import Any
from unittest.mock import Mock

import pytest

from livernn.errors import DeviceError
from livernn.inputs.ports import Scan, list_ports, scan_here, watch


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


HANGS = """
import ctypes, threading
import livernn.inputs.ports as ports
ports.SCAN_PATIENCE_S = 0.2
ports.scan_here = lambda: ctypes.PyDLL(None).sleep(60)
ports.watch(threading.Event())
"""


@pytest.mark.skipif(sys.platform == "win32", reason="its C library has no sleep")
def test_a_watch_that_hangs_with_pythons_lock_held_ends_itself() -> None:
    assert subprocess.run([sys.executable, "-c", HANGS], capture_output=True, timeout=20).returncode == 1


def test_a_watch_tells_trouble_and_goes_on(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    scans = [OSError("no sequencer"), Scan(2, {"Knobs": "Knobs 24:0"}), KeyboardInterrupt()]
    monkeypatch.setattr("livernn.inputs.ports.scan_here", Mock(side_effect=scans))
    monkeypatch.setattr("livernn.inputs.ports.SCAN_PERIOD_S", 0.0)
    monkeypatch.setattr("faulthandler.dump_traceback_later", Mock())
    with pytest.raises(KeyboardInterrupt):
        watch(threading.Event())
    said = [Scan(**json.loads(line)) for line in capsys.readouterr().out.splitlines()]
    assert said == [Scan(trouble="no sequencer"), scans[1]]


def test_names_lose_the_numbers_that_change_from_plug_to_plug(monkeypatch: pytest.MonkeyPatch) -> None:
    numbered = "Knobs 3" if sys.platform == "win32" else "Knobs:Knobs MIDI 1 24:0"
    name = numbered.rpartition(" ")[0]
    client = Mock(**{"get_ports.return_value": ["Keys:Keys MIDI 1", numbered, numbered]})
    rtmidi = Mock(**{"get_compiled_api.return_value": [1], "MidiIn.return_value": client}, RtMidiError=OSError)
    monkeypatch.setitem(sys.modules, "rtmidi", rtmidi)
    assert scan_here().ports == {"Keys:Keys MIDI 1": "Keys:Keys MIDI 1", name: numbered, f"{name} #2": numbered}
