"""The engine on a thread, against an output driven by hand and sounds that are constant levels."""

import math
from collections.abc import Callable

import numpy as np
import pytest

from livernn.control.params import PARAMS
from livernn.control.patch import Patch
from livernn.engine.messages import (
    Attempt,
    AudioOpened,
    DeviceLost,
    Devices,
    Event,
    Failed,
    ListDevices,
    Load,
    Loaded,
    NoDevice,
    Panic,
    Play,
    Prime,
    Primed,
    Reset,
    SetAudio,
    SetDepth,
    StateChanged,
    Stop,
    Tuning,
    WasReset,
)
from livernn.engine.shared import HEARTBEAT, ControlBlock, read_metrics
from livernn.engine.studio import BLOCK_SAMPLES
from livernn.engine.transport import GATE_FADE_MS, TOUCH_FADE_MS, EngineState
from livernn.units import ms_to_samples
from tests.engine.fakes import RATE_HZ, SMALL, SPEAKER, Rig, settles_at

IDLE, LOADING, READY, PLAYING = (
    StateChanged(state) for state in (EngineState.IDLE, EngineState.LOADING, EngineState.READY, EngineState.PLAYING)
)
GATE_STEP = 1.0 / ms_to_samples(GATE_FADE_MS, RATE_HZ)
CROSS_STEP = 1.5 / ms_to_samples(PARAMS["fade_ms"].default, RATE_HZ)


def loaded(request: int, name: str) -> Callable[[Event], bool]:
    return lambda event: isinstance(event, Loaded) and (event.request, event.sha256) == (request, name)


def failed(attempt: Attempt, part: str) -> Callable[[Event], bool]:
    return lambda event: isinstance(event, Failed) and event.attempt is attempt and part in event.message


def play_at(rig: Rig, level: float) -> None:
    rig.send(Load(1, f"{level}.safetensors"), Play())
    rig.expect(PLAYING)
    rig.listen(settles_at(level))


def test_the_lifecycle(rig: Rig) -> None:
    rig.send(SetAudio(), Load(1, "0.5.safetensors"))
    rig.expect(READY)
    rig.send(Play())
    rig.expect(PLAYING)
    rig.send(Stop())
    rig.expect(READY)
    assert [event for event in rig.said if isinstance(event, StateChanged)] == [
        StateChanged(EngineState.STARTING),
        IDLE,
        LOADING,
        READY,
        PLAYING,
        READY,
    ]
    assert read_metrics(rig.block, rig.reel).state is EngineState.READY


def test_start_and_stop_are_ramps(rig: Rig) -> None:
    rig.send(Load(1, "0.5.safetensors"), Play())
    rig.expect(PLAYING)
    heard = rig.listen(settles_at(0.5))
    rig.send(Stop())
    heard = np.concatenate([heard, rig.listen(settles_at(0.0))])
    assert np.abs(np.diff(heard)).max() <= 0.5 * GATE_STEP + 1e-6
    assert read_metrics(rig.block, rig.reel).underruns == 0


def test_play_goes_on_after_stop(rig: Rig) -> None:
    play_at(rig, 0.5)
    rig.send(Stop())
    rig.listen(settles_at(0.0))
    rig.send(Play())
    rig.listen(settles_at(0.5))


def test_the_ring_is_filled_to_the_depth_asked_for(rig: Rig) -> None:
    rig.send(SetDepth(200.0))
    play_at(rig, 0.5)
    rig.listen(lambda _: 190.0 < read_metrics(rig.block, rig.reel).depth_ms < 220.0)
    rig.send(SetDepth(20.0))
    rig.listen(lambda _: 15.0 < read_metrics(rig.block, rig.reel).depth_ms < 35.0)
    assert read_metrics(rig.block, rig.reel).target_depth_ms == 20.0
    rig.send(SetDepth(1e9))
    rig.listen(lambda _: read_metrics(rig.block, rig.reel).target_depth_ms == 500.0)
    assert read_metrics(rig.block, rig.reel).underruns == 0


def test_large_device_blocks_deepen_the_ring(rig: Rig) -> None:
    rig.send(SetDepth(10.0), SetAudio())
    rig.await_event(lambda event: isinstance(event, AudioOpened))
    rig.output.pull(2048)
    rig.send(Load(1, "0.5.safetensors"), Play())
    rig.listen(settles_at(0.5), block=2048)
    assert read_metrics(rig.block, rig.reel).underruns == 0


def test_loading_while_playing_cross_fades(rig: Rig) -> None:
    play_at(rig, 0.5)
    rig.send(Load(2, "-0.25.safetensors"))
    rig.await_event(loaded(2, "-0.25"))
    heard = rig.listen(settles_at(-0.25))
    assert np.abs(np.diff(heard)).max() <= 0.75 * CROSS_STEP + 1e-6
    assert StateChanged(EngineState.LOADING) not in rig.said[rig.said.index(PLAYING) :]


def test_a_sound_goes_on_while_another_loads(rig: Rig) -> None:
    play_at(rig, 0.5)
    rig.studio.gate.clear()
    rig.send(Load(2, "0.25.safetensors"))
    rig.expect(Tuning("pretending", 0.5))
    for _ in range(200):
        assert settles_at(0.5)(rig.listen(lambda _: True))
    rig.studio.gate.set()
    rig.listen(settles_at(0.25))


def test_only_the_last_of_several_loads_counts(rig: Rig) -> None:
    rig.studio.gate.clear()
    rig.send(Load(1, "0.1.safetensors"), Load(2, "nonsense"), Load(3, "0.3.safetensors"), Play())
    rig.expect(Tuning("pretending", 0.5))
    rig.studio.gate.set()
    rig.await_event(loaded(3, "0.3"))
    rig.listen(settles_at(0.3))
    assert rig.studio.cancelled >= 3
    assert not [event for event in rig.said if isinstance(event, Failed)]
    assert len([event for event in rig.said if isinstance(event, Loaded)]) == 1


def test_a_load_that_fails_changes_nothing(rig: Rig) -> None:
    play_at(rig, 0.5)
    rig.send(Load(2, "nonsense"))
    event = rig.await_event(failed(Attempt.LOAD, "names no level"))
    assert isinstance(event, Failed)
    assert event.request == 2
    rig.send(Load(3, "0.1.safetensors", {"warmth": 1.0}))
    rig.await_event(failed(Attempt.LOAD, "warmth"))
    assert settles_at(0.5)(rig.listen(lambda _: True))
    assert read_metrics(rig.block, rig.reel).state is EngineState.PLAYING


def test_a_first_load_that_fails(rig: Rig) -> None:
    rig.send(Load(1, "nonsense"), Play())
    rig.expect(LOADING)
    rig.await_event(failed(Attempt.LOAD, "names no level"))
    rig.expect(IDLE)


@pytest.mark.parametrize(
    ("command", "attempt"),
    [(Play(), Attempt.PLAY), (Reset(), Attempt.RESET), (Prime("0.5.wav"), Attempt.PRIME)],
)
def test_what_needs_a_model_says_so(rig: Rig, command: Play | Reset | Prime, attempt: Attempt) -> None:
    rig.send(command)
    rig.await_event(failed(attempt, "none is loaded"))


def test_play_waits_for_what_is_loading(rig: Rig) -> None:
    rig.studio.gate.clear()
    rig.send(Load(1, "0.5.safetensors"), Play())
    rig.expect(LOADING)
    rig.studio.gate.set()
    rig.expect(READY, PLAYING)


def test_a_loaded_patch_holds_until_the_client_writes_its_own(rig: Rig) -> None:
    control = ControlBlock(rig.block)
    control.write(Patch(gain_db=-20.0), 0)
    rig.send(Load(1, "0.5.safetensors", Patch().to_dict()), Play())
    rig.listen(settles_at(0.5))
    control.write(Patch(gain_db=-6.0), 1)
    rig.listen(settles_at(0.5 * 10 ** (-6 / 20)))
    rig.send(Load(2, "0.25.safetensors"))
    rig.listen(settles_at(0.25 * 10 ** (-6 / 20)))


def test_priming_cross_fades_and_keeps_the_patch(rig: Rig) -> None:
    play_at(rig, 0.5)
    rig.send(Prime("somewhere/-0.3.wav"))
    event = rig.await_event(lambda event: isinstance(event, Primed))
    assert isinstance(event, Primed)
    assert (event.seconds, event.name) == (1.5, "-0.3.wav")
    heard = rig.listen(settles_at(-0.3))
    assert np.abs(np.diff(heard)).max() <= 0.8 * CROSS_STEP + 1e-6


def test_a_prime_that_fails_changes_nothing(rig: Rig) -> None:
    play_at(rig, 0.5)
    rig.send(Prime("0.1.txt"))
    rig.await_event(failed(Attempt.PRIME, "no sound file"))
    assert settles_at(0.5)(rig.listen(lambda _: True))


def test_a_prime_of_a_model_that_is_being_loaded(rig: Rig) -> None:
    rig.send(Load(1, "0.5.safetensors"), Prime("0.3.wav"), Play())
    rig.await_event(lambda event: isinstance(event, Primed))
    rig.listen(settles_at(0.3))


def test_a_prime_overtaken_by_a_load_is_told(rig: Rig) -> None:
    play_at(rig, 0.5)
    rig.studio.gate.clear()
    rig.send(Load(2, "0.2.safetensors"))
    rig.expect(Tuning("pretending", 0.5))
    rig.send(Prime("0.3.wav"), Load(3, "0.1.safetensors"))
    rig.studio.gate.set()
    rig.await_event(failed(Attempt.PRIME, "another model"))
    rig.listen(settles_at(0.1))


def test_reset_cross_fades_under_the_seed_given_or_a_new_one(rig: Rig) -> None:
    play_at(rig, 0.5)
    rig.send(Reset(7))
    rig.expect(WasReset(7))
    heard = rig.listen(settles_at(-0.5))
    assert np.abs(np.diff(heard)).max() <= 1.0 * CROSS_STEP + 1e-6
    rig.send(Reset(), Reset())
    first, second = (rig.await_event(lambda event: isinstance(event, WasReset)) for _ in range(2))
    assert first != second
    rig.listen(lambda _: len(rig.studio.voices[0].resets) == 3)


def test_panic_is_silence_and_a_new_beginning(rig: Rig) -> None:
    play_at(rig, 0.5)
    rig.send(Panic())
    rig.expect(READY)
    heard = rig.listen(settles_at(0.0))
    assert np.abs(np.diff(heard)).max() <= 0.5 * GATE_STEP + 1e-6
    rig.send(Play())
    heard = rig.listen(settles_at(-0.5))
    assert heard.max() <= 0.0


def test_what_nobody_heard_of_the_old_sound_is_dropped(rig: Rig) -> None:
    play_at(rig, 0.5)
    rig.send(Stop())
    rig.listen(settles_at(0.0))
    rig.send(Load(2, "-0.25.safetensors"))
    rig.await_event(loaded(2, "-0.25"))
    rig.send(Play())
    assert rig.listen(settles_at(-0.25)).max() <= 0.0


def test_a_control_that_moved_in_silence_is_heard_from_the_first_sound_on(rig: Rig) -> None:
    play_at(rig, 0.5)
    rig.send(Stop())
    rig.listen(settles_at(0.0))
    ControlBlock(rig.block).write(Patch(gain_db=-40.0), 0)
    rig.send(Play())
    heard = rig.listen(settles_at(0.005))
    rest = math.ceil(BLOCK_SAMPLES * RATE_HZ / SMALL.sample_rate_hz)
    assert np.count_nonzero(heard > 0.01) < rest + ms_to_samples(TOUCH_FADE_MS, RATE_HZ)
    assert read_metrics(rig.block, rig.reel).late_renders == 0


def test_no_device_is_told_with_a_list_and_the_rest_works(rig: Rig) -> None:
    rig.output.refuse = lambda settings: True
    rig.send(SetAudio())
    rig.await_event(lambda event: isinstance(event, NoDevice) and event.devices == (SPEAKER,))
    rig.send(Load(1, "0.5.safetensors"))
    rig.await_event(loaded(1, "0.5"))
    rig.send(Prime("0.3.wav"))
    rig.await_event(lambda event: isinstance(event, Primed))
    rig.send(Reset(3), ListDevices())
    rig.expect(WasReset(3), Devices((SPEAKER,)))
    rig.send(Play())
    rig.await_event(lambda event: isinstance(event, NoDevice))
    rig.output.refuse = lambda settings: False
    rig.send(Play())
    rig.expect(PLAYING)
    rig.listen(settles_at(-0.3))


def test_a_lost_device_is_told_and_play_opens_one_again(rig: Rig) -> None:
    play_at(rig, 0.5)
    rig.output.lost = True
    rig.await_event(lambda event: isinstance(event, DeviceLost) and SPEAKER.name in event.message)
    rig.expect(READY, Devices((SPEAKER,)))
    assert not rig.output.is_open
    assert read_metrics(rig.block, rig.reel).device_rate_hz == 0.0
    rig.send(Play())
    rig.expect(PLAYING)
    rig.listen(settles_at(0.5))


def test_another_device_and_rate_while_playing(rig: Rig) -> None:
    play_at(rig, 0.5)
    rig.send(SetAudio("monitor", 44100.0, 128))
    rig.expect(READY, AudioOpened("monitor", "fake", 44100.0, 2, 5.0), PLAYING)
    heard = rig.listen(settles_at(0.5))
    assert np.abs(np.diff(heard)).max() <= 0.5 / ms_to_samples(GATE_FADE_MS, 44100.0) + 1e-6
    assert rig.studio.voices[-1].device_rate_hz == 44100.0
    assert read_metrics(rig.block, rig.reel).device_rate_hz == 44100.0


def test_a_refused_device_leaves_the_one_before(rig: Rig) -> None:
    rig.output.refuse = lambda settings: settings.device == "broken"
    play_at(rig, 0.5)
    rig.send(SetAudio("broken"))
    rig.await_event(failed(Attempt.AUDIO, "it is not there"))
    rig.expect(PLAYING)
    rig.listen(settles_at(0.5))
    rig.send(SetAudio(None, 10.0), SetAudio(None, None, 1 << 20))
    rig.await_event(failed(Attempt.AUDIO, "rates lie in"))
    rig.await_event(failed(Attempt.AUDIO, "rates lie in"))
    assert rig.output.opened == [SetAudio(), SetAudio()]


def test_asking_again_for_the_open_device_disturbs_nothing(rig: Rig) -> None:
    play_at(rig, 0.5)
    rig.send(SetAudio())
    rig.await_event(lambda event: isinstance(event, AudioOpened))
    assert settles_at(0.5)(rig.listen(lambda _: True))
    assert len(rig.output.opened) == 1


def test_a_model_at_another_rate_than_the_device(rig: Rig) -> None:
    rig.send(Load(1, "0.5.safetensors"))
    rig.expect(READY)
    rig.send(SetAudio(None, 96000.0), Play())
    rig.expect(PLAYING)
    rig.listen(settles_at(0.5))
    assert rig.studio.voices[-1].device_rate_hz == 96000.0


def test_the_real_time_factor_is_measured(rig: Rig) -> None:
    play_at(rig, 0.5)
    metrics = read_metrics(rig.block, rig.reel)
    assert metrics.real_time_factor > 0.0
    assert metrics.block_ms > 0.0


def test_a_voice_that_breaks_is_told_and_another_plays(rig: Rig, caplog: pytest.LogCaptureFixture) -> None:
    play_at(rig, 0.5)
    rig.studio.voices[-1].config = None  # type: ignore[assignment]
    rig.await_event(failed(Attempt.PLAY, "sampler"))
    rig.expect(IDLE)
    assert "the sampler failed" in caplog.text
    caplog.clear()
    rig.send(Load(2, "0.25.safetensors"), Play())
    rig.expect(PLAYING)
    rig.listen(settles_at(0.25))


def test_heartbeat_moves(rig: Rig) -> None:
    rig.send(SetAudio())
    rig.listen(lambda _: rig.block.words[HEARTBEAT] > 3)
