"""`python app.py` on a real display, driven by a mouse and a keyboard, and killed."""

import pytest
from PySide6.QtCore import QPoint

from livernn import paths
from livernn.control.params import PARAMS
from livernn.control.patch import Patch
from livernn.control.preset import find_presets, load_preset, save_patch
from livernn.model.checkpoint import random_checkpoint, save_checkpoint
from livernn.model.config import ModelConfig
from livernn.ui.knob import FINE, FULL_TURN_PX
from livernn.ui.settings import Settings
from tests.fixtures.patience import wait_for
from tests.fixtures.processes import lives
from tests.ui.conftest import Launch
from tests.ui.hands import Hands, xdotool

TINY = ModelConfig(frame_sizes=(4, 8), dims=(8, 8, 8), embed_dim=4)
WHEEL_UP = 4


@pytest.fixture
def tiny() -> None:
    """A preset that loads in no time."""
    folder = paths.data_dir() / "presets" / "tiny"
    folder.mkdir(parents=True)
    made = random_checkpoint(TINY)
    save_checkpoint(folder / "model.safetensors", TINY, made.weights, made.provenance)
    save_patch(folder, Patch(temperature=0.5, gain_db=-30.0))


def test_a_sound_made_by_hand_is_kept_and_all_survives_a_kill(
    centres: dict[str, QPoint], launch: Launch, tiny: None
) -> None:
    app = launch("--preset", "tiny")
    wait_for(lambda: Settings().preset == "tiny")
    hands = Hands("liveRNN", app)
    hands.drag(centres["temperature"], 60)
    hands.drag_finely(centres["gain_db"], 60)
    hands.click(centres["top_k"], WHEEL_UP, times=3)
    hands.click(centres["min_p"])
    hands.press("Prior", "Up", "shift+Up")
    hands.press("ctrl+shift+s")
    dialog = Hands("Save preset as", app)
    dialog.write("By hand")
    dialog.press("Return")
    wait_for(lambda: "By hand" in {preset.title for preset in find_presets()})

    patch = load_preset("By hand").patch
    moved = {
        name: PARAMS[name].to_position(patch.value(name)) - PARAMS[name].to_position(start)
        for name, start in {"temperature": 0.5, "gain_db": -30.0, "min_p": 0.0}.items()
    }
    assert moved["temperature"] == pytest.approx(60 / FULL_TURN_PX)
    assert moved["gain_db"] == pytest.approx(FINE * 60 / FULL_TURN_PX)
    assert moved["min_p"] == pytest.approx(0.1 + 0.01 + 0.001)
    assert patch.top_k == pytest.approx(3 * 0.02 * 256, abs=1.0)

    hands = Hands("liveRNN", app)
    hands.press("ctrl+t")
    hands.click(centres["favourite"])
    wait_for(lambda: Settings().geometry is not None and Settings().favourites)
    unmoved = Settings().geometry
    xdotool("windowmove", "--sync", hands.window, 240, 190)
    wait_for(lambda: Settings().geometry != unmoved)
    family = app.children(recursive=True)
    app.kill()
    app.wait()
    wait_for(lambda: not any(map(lives, family)))
    settings = Settings()
    assert (settings.preset, settings.theme, settings.favourites) == ("By hand", "light", ["By hand"])

    app = launch()
    # Without a window manager Qt is wrong by the frame that it expects.
    assert (Hands("liveRNN", app).place - QPoint(240, 190)).manhattanLength() < 50
