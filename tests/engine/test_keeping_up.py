"""What the engine does where there is little time, or little in the ring: its clock is the test's."""

import threading
import time
from collections.abc import Sequence
from types import SimpleNamespace

import numpy as np
import pytest
from numpy.typing import NDArray

from livernn.control.params import PARAMS
from livernn.control.patch import Patch
from livernn.control.trouble import Trouble
from livernn.engine import sampler
from livernn.engine.messages import DEFAULT_DEPTH_MS, Crowded, Load, Reset
from livernn.engine.ringbuffer import RingBuffer
from livernn.engine.shared import RING_AT, RING_WORDS, ControlBlock, read_metrics
from livernn.engine.studio import BLOCK_SAMPLES
from livernn.engine.transport import HURRIED_FADE_MS
from livernn.engine.urgency import Urgency
from livernn.synth.guard import Guard, Rendered
from livernn.units import ms_to_samples, samples_to_ms
from tests.engine.fakes import PATIENCE_S, RATE_HZ, SMALL, LevelVoice, Rig, settles_at, wait_until
from tests.engine.test_process import play_at

BLOCKS = 30


def slow_down(monkeypatch: pytest.MonkeyPatch, share: float) -> SimpleNamespace:
    """Have each sound take so much of the time that it lasts, and the sampler measure just this on a busy host, too.

    The sampler's clock, whose `now_s` stands still but for this.
    """
    render = LevelVoice.render
    clock = SimpleNamespace(now_s=time.perf_counter(), sleep=time.sleep)
    clock.perf_counter = lambda: clock.now_s

    def render_slowly(voice: LevelVoice, count: int, patch: Patch) -> NDArray[np.float32]:
        spent_s = share * count / voice.config.sample_rate_hz
        time.sleep(spent_s)
        clock.now_s += spent_s
        return render(voice, count, patch)

    monkeypatch.setattr(LevelVoice, "render", render_slowly)
    monkeypatch.setattr(sampler, "time", clock)
    return clock


def play_while_rendering(
    monkeypatch: pytest.MonkeyPatch, rig: Rig, clock: SimpleNamespace, stalls_samples: list[int]
) -> None:
    """Have a device play while this clock goes on: for a block, and for the last of the stalls that are yet to come."""
    render, heard = LevelVoice.render, 0.0

    def render_meanwhile(voice: LevelVoice, count: int, patch: Patch) -> NDArray[np.float32]:
        nonlocal heard
        before_s, sound = clock.now_s, render(voice, count, patch)
        stall_s = stalls_samples.pop() / RATE_HZ if stalls_samples else 0.0
        clock.now_s += stall_s
        heard += (clock.now_s - before_s) * RATE_HZ
        while heard >= 96:
            rig.output.pull(96)
            heard -= 96
        return sound

    monkeypatch.setattr(LevelVoice, "render", render_meanwhile)


def note_urgency(monkeypatch: pytest.MonkeyPatch, rig: Rig, heard_meanwhile: int) -> list[bool]:
    """Whether each block of a ring that is not full is urgent; so many samples are heard while it is rendered."""
    noted: list[bool] = []

    def note(_: Urgency, raised: bool) -> None:
        if not is_full(rig):
            noted.append(raised)
            for _ in range(heard_meanwhile // 96):
                rig.output.pull(96)

    monkeypatch.setattr(Urgency, "set", note)
    return noted


def is_full(rig: Rig) -> bool:
    """Whether all that is to be in the ring is there as it is to be."""
    ring = RingBuffer(rig.block.words[RING_AT : RING_AT + RING_WORDS], rig.block.ring)
    return ring.fill >= ms_to_samples(DEFAULT_DEPTH_MS, RATE_HZ)


def hold_up(monkeypatch: pytest.MonkeyPatch) -> threading.Event:
    """Have nothing be rendered until this is set; the sampler takes no notice of the time that it waited."""
    may_render, render, now_s = threading.Event(), LevelVoice.render, time.perf_counter()

    def render_when_allowed(voice: LevelVoice, count: int, patch: Patch) -> NDArray[np.float32]:
        assert may_render.wait(PATIENCE_S)
        return render(voice, count, patch)

    monkeypatch.setattr(LevelVoice, "render", render_when_allowed)
    monkeypatch.setattr(sampler, "time", SimpleNamespace(sleep=time.sleep, perf_counter=lambda: now_s))
    return may_render


def test_voices_that_this_machine_no_longer_plays_in_real_time_are_told(
    rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    play_at(rig, 0.5)
    slow_down(monkeypatch, 1.2)
    ControlBlock(rig.block).write(Patch(voices=8), 0)
    rig.listen(lambda _: rig.has_news)
    rig.expect(Crowded(5))


def test_what_is_done_besides_rendering_is_part_of_what_a_block_costs(
    rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    play_at(rig, 0.5)
    clock = slow_down(monkeypatch, 0.5)
    hear = Guard.hear

    def hear_slowly(guard: Guard, block: Rendered) -> Trouble | None:
        clock.now_s += 0.6 * BLOCK_SAMPLES / SMALL.sample_rate_hz
        return hear(guard, block)

    monkeypatch.setattr(Guard, "hear", hear_slowly)
    rig.listen(lambda _: read_metrics(rig.block, rig.reel).real_time_factor < 1.0)


@pytest.mark.parametrize(("heard_meanwhile", "urgent"), [(0, range(1, 5)), (192, [BLOCKS])])
def test_long_work_is_urgent_where_it_is_soon_heard(
    rig: Rig, monkeypatch: pytest.MonkeyPatch, heard_meanwhile: int, urgent: Sequence[int]
) -> None:
    play_at(rig, 0.5)
    wait_until(lambda: is_full(rig))
    slow_down(monkeypatch, 0.5)
    noted = note_urgency(monkeypatch, rig, heard_meanwhile)
    ControlBlock(rig.block).write(Patch(gain_db=-20.0), 0)
    wait_until(lambda: len(noted) >= BLOCKS)
    assert noted[:BLOCKS].count(True) in urgent


def test_short_work_is_urgent(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    play_at(rig, 0.5)
    slow_down(monkeypatch, 0.5)
    for _ in range(BLOCKS):
        wait_until(lambda: is_full(rig))
        noted = note_urgency(monkeypatch, rig, 0)
        rig.output.pull(96)
        wait_until(lambda: is_full(rig))
        assert all(noted)


def test_a_fade_that_takes_more_than_real_time_is_cut_short(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    fade_samples = ms_to_samples(PARAMS["fade_ms"].maximum, RATE_HZ)
    play_at(rig, 0.5)
    rig.send(Load(2, "0.25.safetensors", Patch(fade_ms=PARAMS["fade_ms"].maximum).to_dict()))
    ControlBlock(rig.block).write(Patch(fade_ms=PARAMS["fade_ms"].maximum), 2)
    heard = [rig.listen(lambda sound: bool((sound < 0.5).all()))]
    slow_down(monkeypatch, 0.7)
    heard.append(rig.listen(settles_at(0.25)))
    assert sum(map(len, heard[1:])) < fade_samples / 2
    assert np.abs(np.diff(np.concatenate(heard))).max() < 0.25 * 1.6 / ms_to_samples(HURRIED_FADE_MS, RATE_HZ)
    assert read_metrics(rig.block, rig.reel).underruns == 0


@pytest.mark.parametrize(("played_ms", "is_heard_soon"), [(40.0, True), (180.0, False)])
def test_a_change_that_would_leave_little_in_the_ring_is_heard_behind_it(
    rig: Rig, monkeypatch: pytest.MonkeyPatch, played_ms: float, is_heard_soon: bool
) -> None:
    play_at(rig, 0.5)
    wait_until(lambda: is_full(rig))
    may_render = hold_up(monkeypatch)
    for _ in range(ms_to_samples(played_ms, RATE_HZ) // 96):
        rig.output.pull(96)
    ControlBlock(rig.block).write(Patch(gain_db=-20.0), 0)
    may_render.set()
    heard = rig.listen(settles_at(0.5 * 10 ** (-20.0 / 20)))
    waited_ms = samples_to_ms(int((heard == np.float32(0.5)).sum()), RATE_HZ)
    assert waited_ms < 15.0 if is_heard_soon else 16.0 < waited_ms < 35.0


@pytest.mark.parametrize("share", [0.5, 0.55])
def test_what_is_late_is_not_late_again_and_again(rig: Rig, monkeypatch: pytest.MonkeyPatch, share: float) -> None:
    stalls_samples: list[int] = []
    clock = slow_down(monkeypatch, share)
    play_at(rig, 0.5)
    wait_until(lambda: is_full(rig))
    play_while_rendering(monkeypatch, rig, clock, stalls_samples)
    stalls_samples.extend([960, 0, 0, 960])
    rig.send(Reset(2))
    wait_until(lambda: not stalls_samples and is_full(rig))
    metrics = read_metrics(rig.block, rig.reel)
    assert 1 <= metrics.late_renders <= 2
    assert metrics.underruns == 0
