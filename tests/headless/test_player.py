from pathlib import Path

import pytest

from livernn.control.actions import Action
from livernn.control.changes import Act
from livernn.control.patch import Patch
from livernn.control.preset import Preset
from livernn.engine.client import Attempt, Failed, Loaded
from livernn.headless.player import Player
from tests.ui.fake_client import FakeEngineClient

CELLO = Preset("cello", "Cello", Path("cello"), Path("cello.safetensors"), Patch(temperature=0.7))
LOADED = Loaded(1, "cello.safetensors", "0" * 64, 16000, 7, 8, "CPU")


@pytest.fixture
def client() -> FakeEngineClient:
    return FakeEngineClient(print)


@pytest.fixture
def player(client: FakeEngineClient) -> Player:
    """With the cello asked for, to be played."""
    player = Player(client, CELLO, lambda: None, print)  # type: ignore[arg-type]
    player.start()
    return player


@pytest.mark.parametrize(
    ("outcome", "loads"), [(None, 2), (LOADED, 1), (Failed(Attempt.LOAD, "", 1), 1), (Failed(Attempt.PLAY, ""), 2)]
)
def test_a_restart_takes_up_the_load_that_the_death_interrupted(
    player: Player, client: FakeEngineClient, outcome: Loaded | Failed | None, loads: int
) -> None:
    if outcome is not None:
        player.take_load(outcome)
    player.restart()
    assert client.asked("restart") == [("restart",)]
    assert client.asked("load") == [("load", CELLO.checkpoint, CELLO.patch)] * loads
    assert player.loaded == isinstance(outcome, Loaded)


def test_what_was_stopped_is_not_resumed(player: Player, client: FakeEngineClient) -> None:
    player.resume()
    assert client.asked("play") == [("play",)] * 2
    player.desk.hear_change(Act(Action.STOP))
    player.take()
    player.resume()
    assert client.asked("play") == [("play",)] * 2
