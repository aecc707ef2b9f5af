import subprocess
import sys
import threading
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from livernn.control.params import PARAMS
from livernn.control.patch import Patch
from livernn.engine.child import child_environment
from livernn.engine.reel import TAP_WRITTEN, Reel
from livernn.engine.shared import (
    BLOCK_MS,
    CONTROL_AT,
    DEVICE_RATE_HZ,
    DEVICE_XRUNS,
    GPU_MS,
    RING_AT,
    UNDERRUNS,
    ControlBlock,
    Metrics,
    SharedBlock,
    publish_state,
    read_metrics,
)
from livernn.engine.transport import EngineState
from livernn.units import SILENCE_DB

PATCHES = st.builds(
    Patch, **{name: st.floats(spec.minimum, spec.maximum) for name, spec in PARAMS.items()}
)  # fmt: skip


def test_a_child_process_sees_the_same_memory(block: SharedBlock, reel: Reel) -> None:
    program = (
        "import sys; from livernn.engine.shared import SharedBlock; b = SharedBlock.attach(sys.argv[1]); "
        "b.ring[3] = 2 * b.ring[2, ::-1]; b.words[UNDERRUNS] = 7".replace("UNDERRUNS", str(UNDERRUNS))
    )
    block.ring[2] = 0.25, 0.125
    subprocess.run(
        [sys.executable, "-c", program, block.handle], pass_fds=block.descriptors, env=child_environment(), check=True
    )
    assert block.ring[3].tolist() == [0.25, 0.5]
    assert read_metrics(block, reel).underruns == 7


@pytest.mark.skipif(sys.platform != "linux", reason="other systems say it in other ways")
def test_has_no_name_in_any_file_system(block: SharedBlock) -> None:
    assert Path(f"/proc/self/fd/{block.handle}").readlink().as_posix().startswith("/memfd:")


def test_a_foreign_handle_is_refused(tmp_path: Path) -> None:
    with (tmp_path / "file").open("wb") as file, pytest.raises(ValueError, match="not a block"):
        SharedBlock.attach(str(file.fileno()))


@given(PATCHES, st.integers(0, 1 << 40))
def test_patches_are_read_as_written(patch: Patch, epoch: int) -> None:
    block = SharedBlock.create()
    ControlBlock(block).write(patch, epoch)
    assert ControlBlock(block).read() == (epoch, patch)
    block.close()


def test_the_default_patch_is_there_before_the_first_write(block: SharedBlock) -> None:
    assert ControlBlock(block).read()[0] <= 0


def test_a_writer_that_died_while_writing_leaves_the_patch_before(block: SharedBlock) -> None:
    reader = ControlBlock(block)
    reader_patch = Patch(temperature=0.5)
    ControlBlock(block).write(reader_patch, 3)
    assert reader.read() == (3, reader_patch)
    block.words[CONTROL_AT] += 1
    block.doubles[CONTROL_AT + 2] = 1.5
    assert reader.read() == (3, reader_patch)


def test_no_mixture_of_two_patches_is_ever_read(block: SharedBlock) -> None:
    pair = [Patch(0.5, 10, 0.5, 0.1, -20.0), Patch(1.5, 20, 0.9, 0.2, 6.0)]
    writer, reader = ControlBlock(block), ControlBlock(block)
    writer.write(pair[0], 0)
    done = threading.Event()

    def write() -> None:
        for turn in range(20_000):
            writer.write(pair[turn % 2], turn % 2)
        done.set()

    thread = threading.Thread(target=write)
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    thread.start()
    seen = set()
    try:
        while not done.is_set():
            seen.add(reader.read())
    finally:
        sys.setswitchinterval(interval)
        thread.join()
    assert seen <= {(0, pair[0]), (1, pair[1])}


def test_metrics_of_a_new_block(block: SharedBlock, reel: Reel) -> None:
    assert read_metrics(block, reel) == Metrics()


def test_metrics_in_units(block: SharedBlock, reel: Reel) -> None:
    publish_state(block, EngineState.PLAYING)
    block.doubles[DEVICE_RATE_HZ] = 48000.0
    block.doubles[BLOCK_MS] = 0.75
    block.doubles[GPU_MS] = 0.5
    block.words[RING_AT] = 4800
    block.words[DEVICE_XRUNS] = 2
    reel.tap[:480] = -0.5, 0.25
    reel.words[TAP_WRITTEN] = 480
    metrics = read_metrics(block, reel)
    assert metrics.state is EngineState.PLAYING
    assert metrics.depth_ms == 100.0
    assert metrics.block_ms == 0.75
    assert metrics.gpu_ms == 0.5
    assert metrics.device_xruns == 2
    assert metrics.underruns == 0
    assert metrics.peaks_db == pytest.approx((-6.02, -12.04), abs=0.01)
    reel.words[TAP_WRITTEN] = 48_000
    assert read_metrics(block, reel).peaks_db == (SILENCE_DB, SILENCE_DB)
