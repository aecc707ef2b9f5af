import sys
from unittest.mock import Mock

import pytest

from livernn.engine import devices
from livernn.engine.devices import choose_device, find_device, list_outputs, query_devices
from livernn.engine.messages import Device
from livernn.errors import DeviceError


def device(name: str, host_api: str = "ALSA", is_default: bool = False) -> Device:
    return Device(name, host_api, 2, 48000.0, is_default)


OUTPUTS = [
    device("HDMI 0"),
    device("Scarlett", is_default=True),
    device("Scarlett", "JACK"),
    device("Loopback", "JACK"),
]


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        (None, OUTPUTS[1]),
        ("HDMI 0", OUTPUTS[0]),
        ("hdmi", OUTPUTS[0]),
        ("Scarlett", OUTPUTS[1]),
        ("scarlett, jack", OUTPUTS[2]),
        ("back", OUTPUTS[3]),
    ],
)
def test_outputs_are_found_by_name(wanted: str | None, found: Device) -> None:
    assert find_device(wanted, OUTPUTS, "output") is found


def test_without_a_default_the_first_is_taken() -> None:
    assert find_device(None, OUTPUTS[2:], "output") is OUTPUTS[2]


@pytest.mark.parametrize(("wanted", "why"), [("USB", "no such output"), ("JACK", "more than one")])
def test_what_is_not_found_comes_with_the_list(wanted: str, why: str) -> None:
    with pytest.raises(DeviceError, match=why) as caught:
        find_device(wanted, OUTPUTS, "output")
    assert "HDMI 0, ALSA; Scarlett, ALSA" in str(caught.value)


@pytest.mark.parametrize("wanted", [None, "USB"])
def test_no_outputs_at_all(wanted: str | None) -> None:
    with pytest.raises(DeviceError, match="no output device"):
        find_device(wanted, [], "output")


USB, ALSA, JACK = "USB Audio: - (hw:{},0)", "ALSA", "JACK Audio Connection Kit"


@pytest.fixture
def two_alike(monkeypatch: pytest.MonkeyPatch) -> Mock:
    """PortAudio on a computer with two interfaces of the same make and a microphone."""
    infos = [
        {"name": name, "max_output_channels": outputs, "max_input_channels": 2 - outputs, "default_samplerate": 48000.0}
        for name, outputs in (
            ("Webcam: USB Audio (hw:0,0)", 0),
            (USB.format(1), 2),
            (USB.format(2), 2),
            ("default", 2),
            (USB.format(1), 2),
        )
    ]
    apis = [{"name": ALSA, "devices": [0, 1, 2, 3]}, {"name": JACK, "devices": [4]}]
    sounddevice = Mock(
        **{"query_devices.return_value": infos, "query_hostapis.return_value": apis},
        default=Mock(device={"output": 3, "input": 0}),
    )
    monkeypatch.setattr(devices, "portaudio", lambda: sounddevice)
    return sounddevice


def test_names_stay_the_same_when_cards_are_numbered_otherwise(two_alike: Mock) -> None:
    names = [device.full_name for device in query_devices("output").values()]
    assert names == [f"USB Audio: -, {ALSA}", f"USB Audio: - #2, {ALSA}", f"default, {ALSA}", f"USB Audio: -, {JACK}"]
    two_alike.query_devices.return_value[2]["name"] = USB.format(7)
    assert [device.full_name for device in query_devices("output").values()] == names
    assert [device.name for device in query_devices("input").values()] == ["Webcam: USB Audio"]


def test_of_two_alike_each_is_found_again(two_alike: Mock) -> None:
    outputs = query_devices("output")
    assert [output.is_default for output in outputs.values()] == [False, False, True, False]
    for number in (1, 2, 4):
        assert choose_device(outputs[number].full_name, "output") == (number, outputs[number])


def pretend(monkeypatch: pytest.MonkeyPatch, program: str) -> None:
    monkeypatch.setattr(devices, "child_command", lambda *command: [sys.executable, "-c", program])


def test_an_audio_system_that_hangs(monkeypatch: pytest.MonkeyPatch) -> None:
    pretend(monkeypatch, "import time; time.sleep(1000)")
    with pytest.raises(DeviceError, match=r"did not answer within 0\.5 s"):
        list_outputs(patience_s=0.5)


def test_an_audio_system_that_crashes(monkeypatch: pytest.MonkeyPatch) -> None:
    pretend(monkeypatch, "import os; os.abort()")
    with pytest.raises(DeviceError, match="ended with code"):
        list_outputs()


def test_what_the_helper_could_not_do_is_passed_on(monkeypatch: pytest.MonkeyPatch) -> None:
    pretend(
        monkeypatch, """print('{"kind": "Refused", "what": "audio", "why": "no PortAudio", "remedy": "Get it."}')"""
    )
    with pytest.raises(DeviceError) as caught:
        list_outputs()
    assert str(caught.value) == "audio: no PortAudio. Get it."
