"""The output and the engine go and come, on a clock that the test moves."""

from dataclasses import dataclass, field

import pytest

from livernn.engine.client import LOOK_AGAIN_MS, AudioOpened, DeviceLost, EngineDied, NoDevice
from livernn.headless.caretaker import DEATHS_APART_S, HANGS_FOR_S, Caretaker

OPENED = AudioOpened("Stage interface", "ALSA", 48000.0, 2, 5.0)
LOST, STILL_LOST = DeviceLost("it stopped taking sound."), NoDevice("there is no such output.")
DIED = EngineDied(-9, "ended by SIGKILL")


@dataclass
class FakePlayer:
    """What the caretaker has had done."""

    loaded: bool = True
    hangs: bool = False
    done: list[str] = field(default_factory=list)

    def resume(self) -> None:
        self.done.append("resume")

    def restart(self) -> None:
        self.done.append("restart")


class Scene:
    """A caretaker, its player, what it said, and the time."""

    def __init__(self) -> None:
        self.now_s = 1000.0
        self.player = FakePlayer()
        self.said: list[str] = []
        self.caretaker = Caretaker(self.player, self.said.append)  # type: ignore[arg-type]

    def pass_s(self, time_s: float) -> None:
        self.now_s += time_s
        if self.caretaker.due_s == 0.0:
            self.caretaker.look_again()


@pytest.fixture
def scene(monkeypatch: pytest.MonkeyPatch) -> Scene:
    scene = Scene()
    monkeypatch.setattr("time.monotonic", lambda: scene.now_s)
    return scene


def test_an_output_that_goes_is_tried_again_until_it_is_back(scene: Scene) -> None:
    take = scene.caretaker.take_event
    assert all(map(take, (OPENED, LOST)))
    scene.pass_s(LOOK_AGAIN_MS / 1000 - 0.1)
    assert scene.player.done == []
    scene.pass_s(0.2)
    scene.pass_s(100.0)
    assert scene.player.done == ["resume"], "one try at a time"
    assert take(STILL_LOST)
    scene.pass_s(LOOK_AGAIN_MS / 1000 + 0.1)
    assert take(OPENED)
    assert not scene.caretaker.away
    scene.pass_s(100.0)
    assert scene.player.done == ["resume"] * 3
    assert scene.said == ["it stopped taking sound. It is tried again every 3 s."]


def test_without_an_output_at_the_start_there_is_nothing_to_wait_for(scene: Scene) -> None:
    assert not scene.caretaker.take_event(STILL_LOST)
    assert scene.said == [STILL_LOST.message]


@pytest.mark.parametrize(("apart_s", "restarts"), [(DEATHS_APART_S - 1.0, 1), (DEATHS_APART_S + 1.0, 2)])
def test_an_engine_is_restarted_unless_it_dies_again_at_once(scene: Scene, apart_s: float, restarts: int) -> None:
    assert scene.caretaker.take_event(DIED)
    scene.pass_s(apart_s)
    assert scene.caretaker.take_event(DIED) == (restarts == 2)
    assert scene.player.done == ["restart"] * restarts
    assert all("ended by SIGKILL" in line for line in scene.said)


def test_an_engine_that_hangs_is_restarted_as_one_that_died_is(scene: Scene) -> None:
    assert scene.caretaker.watch_engine()
    scene.player.hangs = True
    scene.pass_s(HANGS_FOR_S - 0.1)
    assert scene.caretaker.watch_engine()
    assert scene.player.done == scene.said == []
    scene.pass_s(0.2)
    assert scene.caretaker.watch_engine()
    assert scene.player.done == ["restart"]
    assert not scene.caretaker.watch_engine()
    assert all("no longer answers" in line for line in scene.said)


def test_an_engine_that_has_never_played_is_not_restarted(scene: Scene) -> None:
    scene.player.loaded = False
    assert not scene.caretaker.take_event(DIED)
    assert scene.player.done == []
