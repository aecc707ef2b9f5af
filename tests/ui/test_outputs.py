"""Outputs on a fake engine."""

import pytest
from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from livernn import paths
from livernn.engine.client import Attempt, AudioOpened, Device, DeviceLost, Devices, Failed, NoDevice
from livernn.ui.notice import WELCOME, Kind, Remedy
from livernn.ui.session import Session
from livernn.ui.settings import AudioChoice, Settings
from tests.ui.fake_client import OUTPUTS, FakeEngineClient, say, settle


def test_no_device_offers_the_list_and_a_retry_that_plays(session: Session, client: FakeEngineClient) -> None:
    session.toggle_play()
    say(client, NoDevice("there is no output", OUTPUTS))
    assert session.notice.remedy is Remedy.RETRY_AUDIO
    assert session.notice.offers_devices
    assert session.outputs.devices == OUTPUTS
    assert session.outputs.opened is None
    assert not session.playing
    session.outputs.retry()
    assert client.sent[-1] == ("play",)
    say(client, AudioOpened("Built-in", "ALSA", 48000.0, 2, 5.0))
    assert session.notice == WELCOME


def test_a_model_that_is_loaded_hides_no_trouble_with_the_output(session: Session, client: FakeEngineClient) -> None:
    session.step_preset(1)
    say(client, NoDevice("there is no output"))
    client.tell_loaded()
    settle()
    assert session.preset.name == "violin"
    assert session.notice.remedy is Remedy.RETRY_AUDIO


def test_a_lost_device_resumes_on_another_with_one_choice(session: Session, client: FakeEngineClient) -> None:
    session.toggle_play()
    say(client, DeviceLost("Built-in stopped answering."))
    session.outputs.choose("Stage interface, JACK Audio Connection Kit")
    assert client.sent[-2:] == [("set_audio", "Stage interface, JACK Audio Connection Kit", None, None), ("play",)]
    assert session.playing


def test_outputs_are_looked_for_until_there_is_one(client: FakeEngineClient, session: Session, qtbot: QtBot) -> None:
    session.outputs.findChild(QTimer).setInterval(1)
    say(client, DeviceLost("Built-in stopped answering."))
    before = len(client.asked("list_devices"))
    qtbot.waitUntil(lambda: len(client.asked("list_devices")) > before + 1)
    say(client, Failed(Attempt.DEVICES, "no answer"))
    assert session.notice.remedy is Remedy.RETRY_AUDIO
    say(client, Devices(OUTPUTS))
    assert session.outputs.devices == OUTPUTS
    client.tell_audio()
    settle()
    found = len(client.asked("list_devices"))
    qtbot.wait(20)
    assert len(client.asked("list_devices")) == found


def test_a_device_lost_in_silence_starts_no_sound(session: Session, client: FakeEngineClient) -> None:
    say(client, DeviceLost("Built-in stopped answering."))
    session.outputs.retry()
    assert client.asked("play") == []


def test_an_output_that_does_not_open_is_forgotten(session: Session, client: FakeEngineClient) -> None:
    session.outputs.choose("Built-in, ALSA")
    client.tell_audio()
    settle()
    session.outputs.choose("Stage interface, JACK Audio Connection Kit")
    say(client, Failed(Attempt.AUDIO, "Stage interface: it is in use. Choose another."))
    client.tell_audio()
    settle()
    assert session.outputs.choice == Settings().audio == AudioChoice("Built-in, ALSA")
    assert session.notice.text == "Stage interface: it is in use. Choose another."


def test_each_output_keeps_its_own_format(session: Session, client: FakeEngineClient) -> None:
    odd = Device("Odd/na=me %", "Ünit", 2, 48000.0, False)
    wanted = ((OUTPUTS[0], 44100.0, None), (odd, 96000.0, 64), (None, None, 256))
    for device, rate_hz, block in wanted:
        session.outputs.choose(device.full_name if device else None)
        session.outputs.choose_format(rate_hz, block)
        client.tell_audio(device or OUTPUTS[0])
        settle()
    again = Session(FakeEngineClient, Settings())
    again.start(None, None)
    assert again.outputs.choice == AudioChoice(None, None, 256)
    for device, rate_hz, block in wanted:
        again.outputs.choose(device.full_name if device else None)
        assert again.client.asked("set_audio")[-1] == ("set_audio", again.outputs.choice.device, rate_hz, block)


def test_a_part_of_a_name_is_remembered_as_the_output_that_it_opened(qapp: QApplication, presets: None) -> None:
    session = Session(FakeEngineClient, Settings())
    session.start(None, "stage")
    session.client.tell_audio(OUTPUTS[1])
    settle()
    assert session.outputs.choice == Settings().audio == AudioChoice("Stage interface, JACK Audio Connection Kit")


def test_a_format_that_the_output_refuses_is_forgotten(session: Session, client: FakeEngineClient) -> None:
    session.outputs.choose_format(48000.0, None)
    client.tell_audio()
    settle()
    session.outputs.choose_format(96000.0, 64)
    say(client, Failed(Attempt.AUDIO, "Built-in: it cannot be opened at 96000 Hz. Choose another rate."))
    client.tell_audio()
    settle()
    assert session.outputs.choice == Settings().audio == AudioChoice(None, 48000.0, None)
    assert session.notice.kind is Kind.ERROR
    session.outputs.choose_format(None, None)
    assert session.notice == WELCOME


@pytest.mark.parametrize("spoilt", ["NaN", "Infinity", '"fast"', "null"])
def test_a_format_spoilt_by_hand_is_the_devices_own(session: Session, spoilt: str) -> None:
    session.outputs.choose_format(48000.0, 64)
    session.client.tell_audio()
    settle()
    file = paths.data_dir() / "settings.json"
    file.write_text(file.read_text().replace(": 48000.0", f": {spoilt}").replace(": 64", f": {spoilt}"))
    assert Settings().audio == AudioChoice()


def test_depth_is_remembered(session: Session) -> None:
    session.outputs.set_depth_ms(120.0)
    again = Session(FakeEngineClient, Settings())
    again.start(None, None)
    assert again.client.asked("set_depth_ms") == [("set_depth_ms", 120.0)]
