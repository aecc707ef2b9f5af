import threading
from pathlib import Path

import pytest
from PySide6.QtCore import QCoreApplication, QTimer
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from livernn import paths
from livernn.control.patch import Patch
from livernn.control.preset import load_preset
from livernn.engine.client import (
    AudioOpened,
    Device,
    DeviceLost,
    Devices,
    EngineDied,
    EngineState,
    Failed,
    NoDevice,
    Primed,
    Tuning,
)
from livernn.ui.audio_dialog import device_id
from livernn.ui.notice import WELCOME, Kind, Remedy
from livernn.ui.session import Session
from livernn.ui.settings import AudioChoice, Settings
from tests.ui.conftest import MakePreset
from tests.ui.fake_client import OUTPUTS, FakeEngineClient


def settle() -> None:
    QCoreApplication.processEvents()


def say(client: FakeEngineClient, event: object) -> None:
    client.tell(event)
    settle()


def test_the_first_start_loads_the_piano_with_its_patch(session: Session, client: FakeEngineClient) -> None:
    assert [preset.name for preset in session.preset_library.presets] == ["cello", "piano", "violin"]
    assert session.preset.name == "piano"
    assert session.patch == Patch(temperature=0.9)
    assert session.model_rate_hz == 16000
    assert not session.dirty
    assert client.sent[0] == ("start",)


def test_the_next_start_loads_the_last_preset_and_output(session: Session, client: FakeEngineClient) -> None:
    session.step_preset(1)
    client.tell_loaded()
    settle()
    session.choose_device("Stage interface, JACK Audio Connection Kit")
    client.tell_audio(OUTPUTS[1])
    settle()
    again = Session(FakeEngineClient, Settings())
    again.start(None, None)
    assert again.pending.name == "violin"
    assert again.client.asked("set_audio") == [("set_audio", "Stage interface, JACK Audio Connection Kit", None, None)]


def test_arguments_win_over_what_is_remembered(session: Session, client: FakeEngineClient) -> None:
    session.choose_device("Built-in, ALSA")
    client.tell_audio()
    settle()
    again = Session(FakeEngineClient, Settings())
    again.start(load_preset("cello"), "loopback")
    assert again.pending.name == "cello"
    assert again.client.asked("set_audio") == [("set_audio", "loopback", None, None)]


@pytest.mark.parametrize("remembered", ["gone", "/nowhere/model.safetensors"])
def test_a_remembered_preset_that_is_gone_is_no_obstacle(qapp: QApplication, presets: None, remembered: str) -> None:
    Settings().preset = remembered
    session = Session(FakeEngineClient, Settings())
    session.start(None, None)
    assert session.pending.name == "piano"


def test_without_any_preset_it_says_what_to_do(qapp: QApplication, make_preset: MakePreset) -> None:
    session = Session(FakeEngineClient, Settings())
    session.start(None, None)
    assert session.notice.kind is Kind.ERROR
    assert "drop" in session.notice.text.lower()
    session.step_preset(1)
    assert session.client.asked("load") == []


def test_events_of_the_reader_thread_arrive_on_the_main_thread(session: Session, client: FakeEngineClient) -> None:
    seen = []
    session.state_changed.connect(lambda: seen.append(threading.current_thread()))
    thread = threading.Thread(target=client.tell_state, args=(EngineState.PLAYING,))
    thread.start()
    thread.join()
    assert seen == []
    settle()
    assert seen == [threading.main_thread()]


def test_play_and_stop(session: Session, client: FakeEngineClient) -> None:
    session.toggle_play()
    assert session.playing
    session.toggle_play()
    assert not session.playing
    session.toggle_play()
    session.panic()
    assert not session.playing
    assert [command[0] for command in client.sent[-4:]] == ["play", "stop", "play", "panic"]


def test_a_knob_reaches_the_engine_and_marks_the_preset_dirty(session: Session, client: FakeEngineClient) -> None:
    session.set_value("temperature", 0.5)
    assert client.sent[-1] == ("set_param", "temperature", 0.5)
    assert session.dirty
    session.set_value("temperature", 0.9)
    assert not session.dirty


def test_voices_that_are_refused_leave_the_knob_at_what_plays(session: Session, client: FakeEngineClient) -> None:
    client.patch = Patch(voices=3)
    session.set_value("temperature", 1.25)
    session.set_value("voices", 8)
    say(client, Failed("voices", "8 voices: this machine plays no more than 3. Play fewer."))
    assert session.patch == Patch(temperature=1.25, voices=3)
    assert session.notice.text.startswith("8 voices")


def test_presets_step_round_and_round(session: Session, client: FakeEngineClient) -> None:
    names = []
    for _ in range(4):
        session.step_preset(1)
        names.append(session.pending.name)
    assert names == ["violin", "cello", "piano", "violin"]
    session.step_preset(-1)
    assert session.pending.name == "piano"


def test_only_the_last_of_quick_choices_counts(session: Session, client: FakeEngineClient) -> None:
    session.step_preset(1)
    first = client.asked("load")[-1]
    session.step_preset(1)
    client.sent.append(first)
    client.tell_loaded()
    settle()
    assert session.preset.name == "piano"
    assert session.pending.name == "cello"


def test_a_load_that_fails_changes_nothing(session: Session, client: FakeEngineClient) -> None:
    session.set_value("top_k", 9)
    session.step_preset(1)
    say(client, Failed("load", "violin: it is truncated. Export it again."))
    assert session.preset.name == "piano"
    assert session.pending is None
    assert session.patch.top_k == 9
    assert session.notice.kind is Kind.ERROR
    assert session.notice.text == "violin: it is truncated. Export it again."


def test_tuning_is_shown_until_it_is_loaded(session: Session, client: FakeEngineClient) -> None:
    session.step_preset(1)
    say(client, Tuning("compiling", 0.25))
    assert session.notice.kind is Kind.BUSY
    assert session.notice.fraction == 0.25
    client.tell_loaded()
    settle()
    assert session.notice == WELCOME


def test_a_dead_engine_offers_a_restart_and_the_patch_survives(session: Session, client: FakeEngineClient) -> None:
    session.toggle_play()
    session.set_value("temperature", 0.4)
    say(client, EngineDied(-9, "killed"))
    assert session.notice.remedy is Remedy.RESTART_ENGINE
    assert session.state is EngineState.STOPPED
    session.restart()
    assert client.asked("restart") == [("restart",)]
    assert session.patch.temperature == 0.4
    assert session.preset.name == "piano"
    assert session.playing


@pytest.mark.parametrize("playing", [False, True])
def test_play_brings_a_dead_engine_back(session: Session, client: FakeEngineClient, playing: bool) -> None:
    if playing:
        session.toggle_play()
    say(client, EngineDied(-9, "killed"))
    assert not session.playing
    session.toggle_play()
    assert session.playing
    assert [command[0] for command in client.sent if command[0] in ("restart", "play")][-2:] == ["restart", "play"]


def test_an_engine_that_died_before_its_first_load_loads_again(qapp: QApplication, presets: None) -> None:
    session = Session(FakeEngineClient, Settings())
    session.start(None, None)
    say(session.client, EngineDied(1, ""))
    session.restart()
    assert len(session.client.asked("load")) == 2


def test_no_device_offers_the_list_and_a_retry_that_plays(session: Session, client: FakeEngineClient) -> None:
    session.toggle_play()
    say(client, NoDevice("there is no output", OUTPUTS))
    assert session.notice.remedy is Remedy.RETRY_AUDIO
    assert session.notice.offers_devices
    assert session.devices == OUTPUTS
    assert session.output is None
    assert not session.playing
    session.retry_audio()
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
    session.choose_device("Stage interface, JACK Audio Connection Kit")
    assert client.sent[-2:] == [("set_audio", "Stage interface, JACK Audio Connection Kit", None, None), ("play",)]
    assert session.playing


def test_outputs_are_looked_for_until_there_is_one(client: FakeEngineClient, session: Session, qtbot: QtBot) -> None:
    session.findChild(QTimer).setInterval(1)
    say(client, DeviceLost("Built-in stopped answering."))
    before = len(client.asked("list_devices"))
    qtbot.waitUntil(lambda: len(client.asked("list_devices")) > before + 1)
    say(client, Failed("devices", "no answer"))
    assert session.notice.remedy is Remedy.RETRY_AUDIO
    say(client, Devices(OUTPUTS))
    assert session.devices == OUTPUTS
    client.tell_audio()
    settle()
    found = len(client.asked("list_devices"))
    qtbot.wait(20)
    assert len(client.asked("list_devices")) == found


def test_a_device_lost_in_silence_starts_no_sound(session: Session, client: FakeEngineClient) -> None:
    say(client, DeviceLost("Built-in stopped answering."))
    session.retry_audio()
    assert client.asked("play") == []


def test_an_output_that_does_not_open_is_forgotten(session: Session, client: FakeEngineClient) -> None:
    session.choose_device("Built-in, ALSA")
    client.tell_audio()
    settle()
    session.choose_device("Stage interface, JACK Audio Connection Kit")
    say(client, Failed("audio", "Stage interface: it is in use. Choose another."))
    client.tell_audio()
    settle()
    assert session.audio == Settings().audio == AudioChoice("Built-in, ALSA")
    assert session.notice.text == "Stage interface: it is in use. Choose another."


def test_each_output_keeps_its_own_format(session: Session, client: FakeEngineClient) -> None:
    odd = Device("Odd/na=me %", "Ünit", 2, 48000.0, False)
    wanted = ((OUTPUTS[0], 44100.0, None), (odd, 96000.0, 64), (None, None, 256))
    for device, rate_hz, block in wanted:
        session.choose_device(device_id(device) if device else None)
        session.choose_format(rate_hz, block)
        client.tell_audio(device or OUTPUTS[0])
        settle()
    again = Session(FakeEngineClient, Settings())
    again.start(None, None)
    assert again.audio == AudioChoice(None, None, 256)
    for device, rate_hz, block in wanted:
        again.choose_device(device_id(device) if device else None)
        assert again.client.asked("set_audio")[-1] == ("set_audio", again.audio.device, rate_hz, block)


def test_a_part_of_a_name_is_remembered_as_the_output_that_it_opened(qapp: QApplication, presets: None) -> None:
    session = Session(FakeEngineClient, Settings())
    session.start(None, "stage")
    session.client.tell_audio(OUTPUTS[1])
    settle()
    assert session.audio == Settings().audio == AudioChoice("Stage interface, JACK Audio Connection Kit")


def test_a_format_that_the_output_refuses_is_forgotten(session: Session, client: FakeEngineClient) -> None:
    session.choose_format(48000.0, None)
    client.tell_audio()
    settle()
    session.choose_format(96000.0, 64)
    say(client, Failed("audio", "Built-in: it cannot be opened at 96000 Hz. Choose another rate."))
    client.tell_audio()
    settle()
    assert session.audio == Settings().audio == AudioChoice(None, 48000.0, None)
    assert session.notice.kind is Kind.ERROR
    session.choose_format(None, None)
    assert session.notice == WELCOME


@pytest.mark.parametrize("spoilt", ["NaN", "Infinity", '"fast"', "null"])
def test_a_format_spoilt_by_hand_is_the_devices_own(session: Session, spoilt: str) -> None:
    session.choose_format(48000.0, 64)
    session.client.tell_audio()
    settle()
    file = paths.data_dir() / "settings.json"
    file.write_text(file.read_text().replace(": 48000.0", f": {spoilt}").replace(": 64", f": {spoilt}"))
    assert Settings().audio == AudioChoice()


def test_without_a_model_nothing_is_about_to_play(qapp: QApplication, presets: None) -> None:
    session = Session(FakeEngineClient, Settings())
    session.start(None, None)
    session.toggle_play()
    say(session.client, Failed("load", "piano: it is truncated. Export it again."))
    assert not session.playing


def test_prime_is_acknowledged(session: Session, client: FakeEngineClient) -> None:
    session.open(Path("song.wav"))
    assert client.asked("prime") == [("prime", Path("song.wav"), 0.0, None)]
    say(client, Primed(4.0, "song.wav", 7))
    assert session.notice.kind is Kind.INFO
    assert "song.wav" in session.notice.text


def test_open_takes_folders_checkpoints_and_nothing_else(
    session: Session, client: FakeEngineClient, make_preset: MakePreset, tmp_path: Path
) -> None:
    folder = make_preset("harp", tmp_path / "elsewhere", temperature=0.6)
    session.open(folder)
    assert client.asked("load")[-1] == ("load", (folder / "model.safetensors").resolve(), Patch(temperature=0.6))
    session.open(folder / "model.safetensors")
    assert client.asked("load")[-1][2] == Patch(temperature=0.6)
    bare = tmp_path / "bare.safetensors"
    bare.touch()
    session.open(bare)
    assert client.asked("load")[-1] == ("load", bare, Patch())
    loads = len(client.asked("load"))
    for wrong in (tmp_path / "notes.txt", tmp_path / "missing.safetensors", tmp_path):
        session.open(wrong)
        assert session.notice.kind is Kind.ERROR
    assert len(client.asked("load")) == loads
    assert {"harp", "bare"} <= {preset.name for preset in session.preset_library.presets}


def test_a_checkpoint_is_remembered_wherever_the_next_start_is(
    session: Session, client: FakeEngineClient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "bare.safetensors").touch()
    monkeypatch.chdir(tmp_path)
    session.open(Path("bare.safetensors"))
    client.tell_loaded()
    settle()
    assert session.settings.preset == str(tmp_path / "bare.safetensors")


def test_depth_is_remembered(session: Session) -> None:
    session.set_depth_ms(120.0)
    again = Session(FakeEngineClient, Settings())
    again.start(None, None)
    assert again.client.asked("set_depth_ms") == [("set_depth_ms", 120.0)]


def test_two_checkpoints_of_one_name_are_two_entries(session: Session, tmp_path: Path) -> None:
    paths = [tmp_path / folder / "best.safetensors" for folder in ("one", "two")]
    for path in paths:
        path.parent.mkdir()
        path.write_bytes(b"not read by the window")
        session.open(path)
    assert [preset.checkpoint for preset in session.preset_library.presets if preset.name == "best"] == paths
    session.step_preset(-1)
    assert session.pending.checkpoint == paths[0]


def test_a_restart_takes_up_the_load_that_the_death_interrupted(session: Session, client: FakeEngineClient) -> None:
    session.step_preset(1)
    wanted = session.pending
    say(client, EngineDied(-9, "killed"))
    session.restart()
    assert session.pending == wanted
    assert client.asked("load")[-1][1] == wanted.checkpoint
