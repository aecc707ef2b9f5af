"""The microphone, without one: what is played is followed and continued, kept, and can be given up at any moment."""

import gc
import threading
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from livernn.control.patch import Patch
from livernn.engine.ear import CHANNELS, CLIPPED, EAR_SAMPLES, FIRST, INPUT_XRUNS, Ear
from livernn.engine.follower import Phrase
from livernn.engine.listening import INPUT_OVERFLOW
from livernn.engine.messages import (
    Attempt,
    Failed,
    Listen,
    Listening,
    ListeningEnded,
    ListMicrophones,
    Load,
    MicrophoneClosed,
    MicrophoneOpened,
    Microphones,
    Panic,
    Prime,
    Primed,
    Reset,
    RunOn,
    SetMicrophone,
    StopListening,
    WasReset,
)
from livernn.engine.microphone import heard_channels
from livernn.engine.primer import Model
from livernn.engine.real_studio import RealStudio
from livernn.engine.shared import read_metrics
from livernn.errors import DeviceError
from livernn.model.checkpoint import load_checkpoint
from livernn.synth.choir import choir_of
from livernn.synth.kernel import load_kernel
from livernn.synth.resample import Resampler
from livernn.synth.voice import Voice, VoiceSnapshot
from livernn.wavfile import HEADER_BYTES, from_pcm24, read_header, to_pcm24
from tests.engine.fakes import MICROPHONE, RATE_HZ, FakeShadow, HandDrivenInput, Rig, running_rig, wait_until
from tests.engine.test_process import failed, loaded, play_at, settles_at

OPENED = MicrophoneOpened(MICROPHONE.name, MICROPHONE.host_api, RATE_HZ, MICROPHONE.channels, 5.0)


def level(value: float, seconds: float) -> NDArray[np.float32]:
    return np.full(round(seconds * RATE_HZ), value, np.float32)


def sound_of(path: Path) -> NDArray[np.float32]:
    content = path.read_bytes()
    form = read_header(content)
    assert form.rate_hz == RATE_HZ
    return from_pcm24(content[HEADER_BYTES : HEADER_BYTES + form.data_bytes])


@given(
    st.lists(st.lists(st.floats(-2.0, 2.0, width=32), max_size=8), max_size=6),
    st.sampled_from([range(1), range(2), range(1, 2), range(2, 3)]),
)
def test_the_ear_keeps_the_mean_of_the_channels_listened_to(blocks: list[list[float]], heard: range) -> None:
    source = HandDrivenInput()
    channels = heard.stop
    source.ear.words[CHANNELS], source.ear.words[FIRST] = channels, heard.start
    frames = [np.array(block[: len(block) // channels * channels], np.float32) for block in blocks]
    for block in frames:
        source.play(block)
    whole = np.concatenate([np.empty(0, np.float32), *frames])
    assert source.ear.heard == whole.size // channels
    listened_to = whole.reshape(-1, channels)[:, heard.start :]
    mean = listened_to.sum(axis=1, dtype=np.float32) / np.float32(len(heard))
    assert np.array_equal(source.ear.between(0, source.ear.heard), mean)
    assert source.ear.words[CLIPPED] == np.count_nonzero(np.abs(listened_to) >= np.float32(0.999))
    source.ear.close()


def test_the_ear_hears_no_nonsense_counts_what_the_device_missed_and_says_what_is_gone() -> None:
    source = HandDrivenInput()
    source.play(np.array([np.nan, np.inf, 0.5]), INPUT_OVERFLOW)
    assert source.ear.between(0, 3).tolist() == [0.0, 0.0, 0.5]
    assert source.ear.words[INPUT_XRUNS] == 1
    source.play(np.full(EAR_SAMPLES - 2, 0.25))
    assert source.ear.between(0, 4).tolist() == [0.0, 0.0, 0.5, 0.25]
    source.play(np.full(2, 0.125))
    assert source.ear.between(0, 4).tolist() == [0.0, 0.0, 0.0, 0.25]
    with pytest.raises(ValueError, match="not a block"):
        Ear.attach("0")
    source.ear.close()


def listening(rig: Rig, path: Path, duck_db: float = 0.0) -> None:
    rig.send(Listen(str(path), duck_db))
    rig.expect(Listening(str(path)))


def test_what_was_played_is_continued_and_kept(rig: Rig, tmp_path: Path) -> None:
    path = tmp_path / "primes" / "mine.wav"
    play_at(rig, 0.5)
    listening(rig, path)
    assert settles_at(0.5)(rig.listen(lambda _: True))
    rig.microphone.play(level(0.1, 0.2))
    rig.microphone.play(level(-0.3, 0.1))
    rig.send(StopListening())
    rig.await_event(lambda event: event == ListeningEnded(str(path)))
    primed = rig.await_event(lambda event: isinstance(event, Primed))
    assert isinstance(primed, Primed)
    assert (primed.name, primed.seconds) == ("mine.wav", pytest.approx(0.3))
    rig.listen(settles_at(-0.3))
    kept = sound_of(path)
    assert np.array_equal(kept, from_pcm24(to_pcm24(np.concatenate((level(0.1, 0.2), level(-0.3, 0.1))))))


def test_the_present_sound_ducks_until_the_continuation(rig: Rig, tmp_path: Path) -> None:
    play_at(rig, 0.5)
    listening(rig, tmp_path / "mine.wav", 12.0)
    rig.listen(settles_at(0.5 * 10 ** (-12 / 20)))
    rig.microphone.play(level(0.25, 0.1))
    rig.send(StopListening())
    rig.listen(settles_at(0.25))
    listening(rig, tmp_path / "other.wav", 12.0)
    rig.listen(settles_at(0.25 * 10 ** (-12 / 20)))
    rig.send(Reset(3))
    rig.listen(settles_at(-0.25))


def test_a_touch_changes_nothing(rig: Rig, tmp_path: Path) -> None:
    play_at(rig, 0.5)
    listening(rig, tmp_path / "mine.wav", 60.0)
    rig.microphone.play(level(0.1, 0.02))
    rig.send(StopListening())
    rig.await_event(failed(Attempt.LISTEN, "too short"))
    rig.listen(settles_at(0.5))


@pytest.mark.parametrize("command", [Panic(), Reset(5), Prime("0.2.wav"), Load(2, "0.2.safetensors"), RunOn("cuda")])
def test_a_phrase_under_way_can_be_given_up(
    rig: Rig, tmp_path: Path, command: Panic | Reset | Prime | Load | RunOn
) -> None:
    path = tmp_path / "mine.wav"
    play_at(rig, 0.5)
    listening(rig, path)
    rig.microphone.play(level(0.1, 0.2))
    rig.send(command)
    rig.await_event(lambda event: event == ListeningEnded(str(path)))
    rig.send(StopListening(), Reset(9))
    rig.await_event(lambda event: event == WasReset(9))
    names = [event.name for event in rig.said if isinstance(event, Primed)]
    assert "mine.wav" not in names


def test_phrases_that_have_ended_are_gone_without_the_collector_which_is_off_in_the_engine(
    rig: Rig, tmp_path: Path
) -> None:
    play_at(rig, 0.5)
    gc.collect()
    gc.disable()
    try:
        for number in range(3):
            listening(rig, tmp_path / f"{number}.wav")
            rig.microphone.play(level(0.1, 0.1))
            rig.send(StopListening())
            rig.await_event(lambda event: isinstance(event, Primed))
        wait_until(lambda: not any(type(thing) is Phrase for thing in gc.get_objects()))  # isinstance asks odd objects
    finally:
        gc.enable()


def test_what_has_been_replaced_is_not_loaded_again_for_a_phrase(rig: Rig, tmp_path: Path) -> None:
    path = tmp_path / "mine.wav"
    play_at(rig, 0.5)
    rig.studio.gate.clear()
    rig.send(Load(2, "0.2.safetensors"))
    listening(rig, path)
    gc.collect()
    gc.disable()
    try:
        rig.studio.gate.set()
        rig.await_event(lambda event: event == ListeningEnded(str(path)))
        rig.await_event(loaded(2, "0.2"))
        listening(rig, path)
        rig.microphone.play(level(0.25, 0.1))
        rig.send(StopListening())
        rig.listen(settles_at(0.25))
        assert rig.studio.shadowed == [0.2]
        wait_until(lambda: sum(type(thing) is Model for thing in gc.get_objects()) == 1)
    finally:
        gc.enable()


def test_the_first_hold_opens_the_microphone_and_listens_when_it_is_open(rig: Rig, tmp_path: Path) -> None:
    path = tmp_path / "mine.wav"
    rig.send(Load(1, "0.5.safetensors"))
    rig.await_event(loaded(1, "0.5"))
    rig.send(Listen(str(path)))
    rig.expect(OPENED, Listening(str(path)))
    assert rig.microphone.opened == [SetMicrophone()]
    rig.send(SetMicrophone(on=False))
    rig.expect(ListeningEnded(str(path)), MicrophoneClosed())
    assert read_metrics(rig.block, rig.reel).microphone_db < -90.0


def test_let_go_before_the_microphone_is_open_nothing_is_heard(rig: Rig, tmp_path: Path) -> None:
    rig.send(Load(1, "0.5.safetensors"))
    rig.await_event(loaded(1, "0.5"))
    rig.send(Listen(str(tmp_path / "mine.wav")), StopListening(), ListMicrophones())
    rig.expect(OPENED, Microphones((MICROPHONE,)))
    assert not [event for event in rig.said if isinstance(event, Listening)]


def test_it_is_opened_again_with_the_channel_that_was_chosen(rig: Rig, tmp_path: Path) -> None:
    rig.send(Load(1, "0.5.safetensors"), SetMicrophone(channel=2))
    rig.expect(OPENED)
    rig.microphone.lost = True
    rig.await_event(lambda event: isinstance(event, MicrophoneClosed))
    rig.send(Listen(str(tmp_path / "mine.wav")))
    rig.expect(OPENED)
    rig.send(SetMicrophone())
    rig.expect(OPENED)
    assert [settings.channel for settings in rig.microphone.opened] == [2, 2, None]


def test_which_channels_are_listened_to() -> None:
    eight, one = replace(MICROPHONE, channels=8), replace(MICROPHONE, channels=1)
    assert [*heard_channels(eight, None)] == [0, 1]
    assert [*heard_channels(one, None)] == [0]
    assert [*heard_channels(eight, 8)] == [7]
    for device, channel in ((one, 2), (eight, 0), (eight, 9)):
        with pytest.raises(DeviceError, match=f"it has no channel {channel}. Choose one of 1 to {device.channels}"):
            heard_channels(device, channel)


def test_without_a_microphone_that_is_said_and_the_rest_works(rig: Rig, tmp_path: Path) -> None:
    rig.microphone.refuse = True
    play_at(rig, 0.5)
    rig.send(Listen(str(tmp_path / "mine.wav")))
    rig.expect(MicrophoneClosed("microphone: there is none. Connect one."))
    rig.send(Prime("-0.3.wav"))
    rig.listen(settles_at(-0.3))
    rig.microphone.refuse = False
    rig.send(SetMicrophone("mine"))
    rig.await_event(lambda event: isinstance(event, MicrophoneOpened) and event.device == "mine")


def test_a_lost_microphone_is_told(rig: Rig, tmp_path: Path) -> None:
    path = tmp_path / "mine.wav"
    play_at(rig, 0.5)
    listening(rig, path)
    rig.microphone.lost = True
    rig.expect(ListeningEnded(str(path)))
    rig.await_event(lambda event: isinstance(event, MicrophoneClosed) and "hears no more" in (event.message or ""))
    rig.listen(settles_at(0.5))


def test_how_loud_it_is(rig: Rig) -> None:
    rig.send(SetMicrophone())
    rig.expect(OPENED)
    rig.microphone.play(level(0.5, 0.1))
    wait_until(lambda: read_metrics(rig.block, rig.reel).microphone_db > -7.0)
    assert read_metrics(rig.block, rig.reel).microphone_clipped == 0
    assert read_metrics(rig.block, rig.reel).microphone_xruns == 0
    rig.microphone.play(level(1.0, 0.001), INPUT_OVERFLOW)
    wait_until(lambda: read_metrics(rig.block, rig.reel).microphone_xruns == 1)
    assert read_metrics(rig.block, rig.reel).microphone_clipped == 48


def test_what_needs_a_model_says_so(rig: Rig, tmp_path: Path) -> None:
    rig.send(Listen(str(tmp_path / "mine.wav")))
    rig.await_event(failed(Attempt.LISTEN, "none is loaded"))


def test_where_nothing_can_be_kept_it_is_continued_all_the_same(rig: Rig, tmp_path: Path) -> None:
    (tmp_path / "folder").touch()
    path = tmp_path / "folder" / "mine.wav"
    play_at(rig, 0.5)
    listening(rig, path)
    rig.await_event(failed(Attempt.LISTEN, "cannot be kept"))
    rig.microphone.play(level(0.2, 0.1))
    rig.send(StopListening())
    rig.listen(settles_at(0.2))


def test_a_file_that_is_being_heard_can_be_given_up(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    heard, go_on = threading.Event(), threading.Event()

    def hold() -> None:
        heard.set()
        assert go_on.wait(20.0)

    play_at(rig, 0.5)
    monkeypatch.setattr(FakeShadow, "on_hear", staticmethod(hold))
    rig.send(Prime("0.3.wav"))
    assert heard.wait(20.0)
    rig.send(Reset(4))
    rig.expect(WasReset(4))
    monkeypatch.setattr(FakeShadow, "on_hear", staticmethod(lambda: None))
    go_on.set()
    rig.send(Prime("0.2.wav"))
    primed = rig.await_event(lambda event: isinstance(event, Primed | Failed))
    assert isinstance(primed, Primed)
    assert primed.name == "0.2.wav"


def test_parts_of_a_file(rig: Rig) -> None:
    play_at(rig, 0.5)
    rig.send(Prime("0.3.wav", 0.25, 1.0))
    primed = rig.await_event(lambda event: isinstance(event, Primed))
    assert isinstance(primed, Primed)
    assert primed.seconds == pytest.approx(0.75)


def settled_snapshot(voice: Any) -> VoiceSnapshot:
    """Once the sampler renders no more: nobody takes from the ring, so it is soon full."""
    while True:
        snapshot: VoiceSnapshot = voice.snapshot()
        time.sleep(0.2)
        if voice.snapshot().generator.position == snapshot.generator.position:
            return snapshot


def test_the_continuation_is_that_of_a_generator_primed_with_the_same_codes(checkpoint: Path, tmp_path: Path) -> None:
    played = np.random.default_rng(3).uniform(-0.7, 0.7, 30_000).astype(np.float32)
    with running_rig(RealStudio()) as rig:
        rig.send(Load(1, str(checkpoint)))
        rig.await_event(lambda event: type(event).__name__ == "Loaded", 200.0)
        listening(rig, tmp_path / "mine.wav")
        for part in np.array_split(played, 40):
            rig.microphone.play(part)
        rig.send(StopListening())
        primed = rig.await_event(lambda event: isinstance(event, Primed))
        assert isinstance(primed, Primed)
        sampler = rig.engine._sampler
        wait_until(lambda: sampler._current is not None and sampler._current.origin.prime is not None)
        state = settled_snapshot(sampler._current.instrument.voice)
    opened = load_checkpoint(checkpoint)
    voice = Voice(choir_of(load_kernel(opened), primed.seed), RATE_HZ)
    voice.prime(Resampler(RATE_HZ, opened.config.sample_rate_hz).process(played))
    rendered = state.generator.position - voice.snapshot().generator.position
    if rendered:  # the ring was filled meanwhile
        voice.render(rendered, Patch())
    going_on = Voice(choir_of(load_kernel(opened), 0), RATE_HZ)
    going_on.restore(state)
    assert np.array_equal(going_on.render(1000, Patch()), voice.render(1000, Patch()))
