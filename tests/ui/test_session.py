import threading
from pathlib import Path

import pytest
from PySide6.QtWidgets import QApplication

from livernn.control.patch import Patch
from livernn.control.preset import load_preset
from livernn.engine.client import (
    Attempt,
    EngineDied,
    EngineState,
    Failed,
    Primed,
    Tuning,
)
from livernn.ui.notice import WELCOME, Kind, Remedy
from livernn.ui.session import Session
from livernn.ui.settings import Settings
from tests.ui.conftest import MakePreset
from tests.ui.fake_client import OUTPUTS, FakeEngineClient, say, settle


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
    session.outputs.choose("Stage interface, JACK Audio Connection Kit")
    client.tell_audio(OUTPUTS[1])
    settle()
    again = Session(FakeEngineClient, Settings())
    again.start(None, None)
    assert again.pending.name == "violin"
    assert again.client.asked("set_audio") == [("set_audio", "Stage interface, JACK Audio Connection Kit", None, None)]


def test_arguments_win_over_what_is_remembered(session: Session, client: FakeEngineClient) -> None:
    session.outputs.choose("Built-in, ALSA")
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
    say(client, Failed(Attempt.VOICES, "8 voices: this machine plays no more than 3. Play fewer."))
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
    say(client, Failed(Attempt.LOAD, "violin: it is truncated. Export it again."))
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


def test_without_a_model_nothing_is_about_to_play(qapp: QApplication, presets: None) -> None:
    session = Session(FakeEngineClient, Settings())
    session.start(None, None)
    session.toggle_play()
    say(session.client, Failed(Attempt.LOAD, "piano: it is truncated. Export it again."))
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
