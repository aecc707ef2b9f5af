"""What tests of the engine start from."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from livernn.engine.reel import Reel
from livernn.engine.shared import CHANNELS, FADE_SAMPLES, REEL_ADDRESS, SharedBlock
from livernn.model.checkpoint import load_checkpoint
from livernn.synth.choir import choir_of
from livernn.synth.kernel import load_kernel
from livernn.synth.voice import Voice
from tests.engine.fakes import RATE_HZ, Player, Rig, running_rig, save_small
from tests.engine.tape_bench import Bench


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


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_small(tmp_path_factory.mktemp("model") / "tiny.safetensors")


@pytest.fixture(scope="module", params=[RATE_HZ])
def make_bench(model: Path, request: pytest.FixtureRequest) -> Callable[[], Bench]:
    weights = load_kernel(load_checkpoint(model))
    return lambda: Bench(Voice(choir_of(weights, 1), request.param), model)
