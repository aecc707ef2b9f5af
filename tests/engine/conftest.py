"""What tests of the engine start from."""

from collections.abc import Iterator

import pytest

from livernn.engine.shared import CHANNELS, FADE_SAMPLES, SharedBlock
from tests.engine.fakes import Rig, running_rig


@pytest.fixture
def block() -> Iterator[SharedBlock]:
    """Stereo, with a gate fade of 16 samples."""
    block = SharedBlock.create()
    block.words[CHANNELS] = 2
    block.words[FADE_SAMPLES] = 16
    yield block
    block.close()


@pytest.fixture
def rig() -> Iterator[Rig]:
    with running_rig() as rig:
        yield rig
