"""What tests of the engine start from."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from livernn.engine.reel import Reel
from livernn.engine.shared import CHANNELS, FADE_SAMPLES, REEL_ADDRESS, SharedBlock
from tests.engine.fakes import Player, Rig, running_rig, save_small


@pytest.fixture
def reel() -> Iterator[Reel]:
    reel = Reel.create()
    yield reel
    reel.close()


@pytest.fixture
def block(reel: Reel) -> Iterator[SharedBlock]:
    """Stereo, with a gate fade of 16 samples, on the reel."""
    block = SharedBlock.create()
    block.words[REEL_ADDRESS] = reel.address
    block.words[CHANNELS] = 2
    block.words[FADE_SAMPLES] = 16
    yield block
    block.close()


@pytest.fixture
def rig() -> Iterator[Rig]:
    with running_rig() as rig:
        yield rig


@pytest.fixture
def checkpoint(tmp_path: Path) -> Path:
    """A tiny untrained network."""
    return save_small(tmp_path / "tiny.safetensors")


@pytest.fixture
def player() -> Iterator[Player]:
    """A client of an engine process."""
    player = Player()
    player.client.start()
    yield player
    player.client.close()
