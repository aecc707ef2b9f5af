"""CPU or GPU, on a fake engine."""

import pytest

from livernn.commandline import DEVICES
from livernn.engine.client import Attempt, Failed, RunsOn
from livernn.ui.main_window import MainWindow
from livernn.ui.notice import Kind
from livernn.ui.processors import TITLES
from livernn.ui.session import Session
from livernn.ui.settings import Settings
from tests.ui.fake_client import FakeEngineClient, say, settle


def test_every_device_has_a_title() -> None:
    assert tuple(TITLES) == DEVICES


def test_what_was_chosen_is_shown_at_once_and_kept_when_it_is_granted(
    session: Session, client: FakeEngineClient
) -> None:
    session.processors.choose("cuda")
    assert client.sent[-1] == ("run_on", "cuda")
    assert session.notice.kind is Kind.BUSY
    assert session.processors.choice == "cuda"
    assert Settings().runs_on is None
    say(client, RunsOn("cuda", "Some GPU", 8))
    assert (session.processors.name, session.notice.text) == ("Some GPU", "The model runs on: Some GPU")
    assert Settings().runs_on == "cuda"


def test_what_does_not_play_is_told_and_the_choice_taken_back(session: Session, client: FakeEngineClient) -> None:
    session.toggle_play()
    session.processors.choose("cpu")
    say(client, RunsOn("cpu", "CPU", 8))
    session.processors.choose("cuda")
    say(client, Failed(Attempt.PROCESSOR, "GPU: there is no NVIDIA driver. Play on the CPU, or install the driver."))
    assert session.notice.kind is Kind.ERROR
    assert "install the driver" in session.notice.text
    assert session.processors.choice == Settings().runs_on == "cpu"
    assert session.playing


def test_the_last_choice_is_asked_for_before_the_first_model(presets: None, session: Session) -> None:
    session.settings.runs_on = "cuda"
    again = Session(FakeEngineClient, Settings())
    again.start(None, None)
    names = [command[0] for command in again.client.sent]
    assert again.client.asked("run_on") == [("run_on", "cuda")]
    assert names.index("run_on") < names.index("load")
    say(again.client, RunsOn("cuda"))
    assert again.notice.kind is Kind.BUSY
    again.client.tell_loaded()
    settle()
    assert again.processors.name == "CPU"


@pytest.mark.parametrize("remembered", [None, "auto", "abacus"])
def test_nothing_is_asked_for_that_is_so_already_or_is_not_known(session: Session, remembered: str | None) -> None:
    if remembered is not None:
        session.settings.runs_on = remembered
    again = Session(FakeEngineClient, Settings())
    again.start(None, None)
    assert again.client.asked("run_on") == []


def test_the_command_line_comes_before_what_was_chosen(session: Session) -> None:
    session.settings.runs_on = "cuda"
    again = Session(FakeEngineClient, Settings())
    again.start(None, None, "cpu")
    assert (again.client.asked("run_on"), again.processors.choice) == ([], "cpu")


def test_an_engine_that_dies_while_it_changes_over_starts_again_where_it_was(
    session: Session, client: FakeEngineClient
) -> None:
    session.processors.choose("cuda")
    session.restart()
    assert session.processors.choice == "auto"


def test_the_dialog_offers_them_and_shows_what_there_is(window: MainWindow, client: FakeEngineClient) -> None:
    chooser = window.dialogs.audio.processor
    assert [chooser.itemText(at) for at in range(chooser.count())] == ["Automatic", "CPU", "GPU"]
    chooser.setCurrentIndex(2)
    chooser.activated.emit(2)
    assert client.sent[-1] == ("run_on", "cuda")
    say(client, RunsOn("cuda", "Some GPU", 8))
    assert chooser.currentText() == "GPU"
    assert "Now: Some GPU" in chooser.toolTip()
    window.session.processors.choose("auto")
    say(client, Failed(Attempt.PROCESSOR, "no"))
    assert chooser.currentText() == "GPU"
