import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from livernn.control.patch import Patch
from livernn.model.config import ModelConfig
from livernn.model.quantize import to_codes
from livernn.synth.ensemble import ensemble_of
from livernn.synth.voice import Voice, VoiceSnapshot
from tests.fixtures.generators import ToneGenerator
from tests.fixtures.stereo import mono

CONFIG = ModelConfig()
PATCH = Patch()


def voice(device_rate_hz: float = 48000.0, amplitude: float = 0.3, tone_hz: float = 440.0) -> Voice:
    return Voice(ToneGenerator(CONFIG, tone_hz, amplitude), device_rate_hz)


@pytest.mark.parametrize("device_rate_hz", [8000.0, 16000.0, 44100.0, 48000.0, 192000.0])
def test_a_tone_comes_out_at_its_pitch_and_level(device_rate_hz: float) -> None:
    heard = mono(voice(device_rate_hz).render(32000, PATCH))[-int(device_rate_hz) :]
    spectrum = abs(np.fft.rfft(heard * np.hanning(heard.size)))
    assert np.argmax(spectrum) == 440
    assert np.sqrt(2) * np.std(heard) == pytest.approx(0.3, rel=0.03)


@given(blocks=st.lists(st.integers(1, 200), min_size=1, max_size=12), rate_hz=st.sampled_from([8000.0, 44100.0, 48e3]))
def test_blocks_add_up(blocks: list[int], rate_hz: float) -> None:
    split, whole = voice(rate_hz), voice(rate_hz)
    parts = [split.render(count, PATCH) for count in blocks]
    assert np.array_equal(np.concatenate(parts), whole.render(sum(blocks), PATCH))
    exact = [count * rate_hz / 16000.0 for count in blocks]
    assert all(math.floor(due) <= len(part) <= math.ceil(due) for due, part in zip(exact, parts, strict=True))


def test_no_patch_is_heard_above_full_scale() -> None:
    hot = voice(amplitude=1.0, tone_hz=3700.0)
    heard = hot.render(16000, Patch(gain_db=12.0))
    assert 0.9 < abs(heard).max() <= 10 ** (-0.1 / 20) * (1 + 1e-6)
    assert hot.limiter_gain_db < -6.0


def test_a_jump_of_the_gain_makes_no_click() -> None:
    playing = voice()
    loud = mono(playing.render(3200, PATCH))
    quiet = np.concatenate([mono(playing.render(64, Patch(gain_db=-30.0))) for _ in range(20)])
    steepest = abs(np.diff(loud)).max()
    assert abs(np.diff(np.append(loud[-100:], quiet))).max() < 1.02 * steepest
    assert abs(quiet[-500:]).max() < 0.01


def test_what_is_below_the_low_cut_is_not_heard() -> None:
    heard = mono(voice(tone_hz=110.0).render(16000, Patch(low_cut_hz=440.0)))[24000:]
    assert np.sqrt(2) * np.std(heard) == pytest.approx(0.3 / 16.0, rel=0.05)


def test_a_restored_voice_repeats_bit_for_bit() -> None:
    playing = voice(44100.0, amplitude=1.0)
    loud = Patch(gain_db=6.0, low_cut_hz=500.0)
    playing.render(1000, loud)
    snapshot = playing.snapshot()
    first = [playing.render(count, loud) for count in (64, 7, 300)]
    playing.prime(np.zeros(500, dtype=np.float32))
    playing.render(99, PATCH)
    playing.restore(snapshot)
    again = [playing.render(count, loud) for count in (64, 7, 300)]
    assert all(np.array_equal(a, b) for a, b in zip(first, again, strict=True))
    playing.restore(snapshot)
    assert np.array_equal(playing.render(64, loud), first[0])


def test_a_moment_in_step_with_another_is_heard_as_it_was_in_blocks_as_long_as_the_other_s() -> None:
    one, other = voice(44100.0), voice(44100.0)
    one.render(1000, PATCH)
    other.render(2010, PATCH)
    moment = one.snapshot().in_step_with(other.snapshot())
    as_it_was = [one.render(64, PATCH) for _ in range(20)]
    one.restore(moment)
    in_step = [one.render(64, PATCH) for _ in range(20)]
    of_other = [other.render(64, PATCH) for _ in range(20)]
    assert [*map(len, in_step)] == [*map(len, of_other)] != [*map(len, as_it_was)]
    shortest = min(sum(map(len, in_step)), sum(map(len, as_it_was)))
    moved = np.concatenate(in_step)[:shortest] - np.concatenate(as_it_was)[:shortest]
    steepest = abs(np.diff(np.concatenate(as_it_was), axis=0)).max()
    assert 0 < abs(moved).max() < steepest  # by less than a sample


def test_reset_equals_a_new_voice() -> None:
    playing = voice()
    playing.render(1000, Patch(gain_db=9.0))
    playing.reset(5)
    assert np.array_equal(playing.render(500, PATCH), voice().render(500, PATCH))


def test_a_prime_reaches_the_generator_and_flows_into_what_follows() -> None:
    time_s = np.arange(16000) / 16000.0
    tone = (0.3 * np.sin(2 * np.pi * 440.0 * time_s)).astype(np.float32)
    primed = voice()
    primed.render(640, PATCH)
    primed.reset()
    primed.prime(tone)
    generator = primed._generator
    assert isinstance(generator, ToneGenerator)
    assert np.array_equal(generator.primed, to_codes(tone, CONFIG))
    # The tone's phase is zero at the prime's end and at the generator's start: no seam.
    heard = mono(primed.render(1600, PATCH))
    unbroken = mono(voice().render(17600, PATCH))[48000:]
    assert np.allclose(heard, unbroken, atol=1e-3)
    assert abs(np.diff(heard)).max() < 1.02 * abs(np.diff(unbroken)).max()


def test_the_delay_is_what_it_says() -> None:
    for device_rate_hz in (16000.0, 44100.0, 48000.0):
        delayed = voice(device_rate_hz)
        heard = mono(delayed.render(8000, PATCH))[delayed.delay_samples :]
        time_s = np.arange(heard.size) / device_rate_hz
        expected = 0.3 * np.sin(2 * np.pi * 440.0 * time_s)
        settled = heard.size // 2
        assert np.corrcoef(heard[settled:], expected[settled:])[0, 1] > 0.99


def test_a_damaged_state_is_refused_before_it_reaches_beyond_an_array() -> None:
    config = ModelConfig()
    voice = Voice(ToneGenerator(config), 48000.0)
    voice.render(100, Patch())
    good = voice.snapshot()
    voice.restore(good)
    for damaged in (1 << 40, -1):
        for at, array in enumerate(good.chain):
            if array.dtype == np.int64 and array.size in (1, 4):
                chain = [*good.chain[:at], np.full_like(array, damaged), *good.chain[at + 1 :]]
                with pytest.raises(ValueError, match="out of range"):
                    voice.restore(VoiceSnapshot(good.generator, tuple(chain)))
    with pytest.raises(ValueError, match="another voice"):
        voice.restore(Voice(ToneGenerator(config), 44100.0).snapshot())
    with pytest.raises(ValueError, match="shorter"):
        voice.restore(VoiceSnapshot(good.generator, good.chain[:-1]))


def test_voices_stand_apart_and_are_as_loud_together_as_one() -> None:
    alone = mono(voice().render(8000, PATCH))[4000:]
    for voices in (2, 5, 8):
        together = voice().render(8000, Patch(voices=voices, pan_spread=0.0))[4000:]
        # The tone's voices are alike, so that they add up by their amplitude.
        assert np.allclose(mono(together), np.sqrt(voices) * alone, atol=1e-4) or np.sqrt(voices) * 0.3 > 0.7
    wide = voice().render(8000, Patch(voices=2, pan_spread=1.0))[4000:]
    assert np.allclose(mono(wide), alone, atol=1e-6)


def test_the_spread_of_temperatures_is_even_in_octaves_around_the_knob() -> None:
    patches, _ = ensemble_of(Patch(voices=5, temperature=0.8, temperature_spread=0.5))
    temperatures = np.array([patch.temperature for patch in patches])
    assert np.allclose(np.diff(np.log2(temperatures)), 0.25)
    assert temperatures[2] == pytest.approx(0.8)
    (alone,), _ = ensemble_of(Patch(temperature=0.8, temperature_spread=1.0))
    assert alone.temperature == pytest.approx(0.8)


def test_a_state_of_several_voices_comes_back_as_it_was() -> None:
    playing, choir = voice(44100.0), Patch(voices=3, pan_spread=1.0)
    playing.render(500, choir)
    snapshot = playing.snapshot()
    first = playing.render(300, choir)
    playing.render(300, Patch(voices=8))
    playing.reset()
    playing.restore(snapshot)
    playing._generator.engage(3)  # a tone's snapshot does not tell
    assert np.array_equal(playing.render(300, choir), first)
    empty = VoiceSnapshot(snapshot.generator, (snapshot.chain[0][:0], *snapshot.chain[1:]))
    with pytest.raises(ValueError, match="another voice"):
        playing.restore(empty)
