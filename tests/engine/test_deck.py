"""Fades: from what sounded to what sounds, whatever both are."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from livernn.control.patch import Patch
from livernn.engine.deck import CrossFade, Deck
from livernn.engine.transport import HURRIED_FADE_MS, TOUCH_FADE_MS
from livernn.model.config import ModelConfig
from livernn.synth.voice import Voice
from livernn.units import ms_to_samples
from tests.engine.fakes import RATE_HZ, LevelVoice
from tests.fixtures.generators import ToneGenerator
from tests.fixtures.stereo import mono

PATCH = Patch()
TOUCH, HURRIED = (ms_to_samples(fade_ms, RATE_HZ) for fade_ms in (TOUCH_FADE_MS, HURRIED_FADE_MS))
LONG = 24000


def deck_at(level: float) -> Deck:
    deck = Deck()
    deck.voice = LevelVoice(level, RATE_HZ)
    return deck


def heard(deck: Deck, blocks: int) -> np.ndarray:
    return mono(np.concatenate([deck.render(64, PATCH) for _ in range(blocks)]))


def test_goes_from_the_old_sound_to_the_new_without_a_step() -> None:
    deck = deck_at(-1.0)
    deck.leave(480, PATCH)
    deck.voice = LevelVoice(1.0, RATE_HZ)
    sound = np.concatenate([[-1.0], heard(deck, 3)])
    assert np.abs(np.diff(sound)).max() < 2.0 * 1.51 / 480
    assert sound[240] == pytest.approx(0.0, abs=0.01)
    assert np.all(sound[481:] == 1.0)
    assert not deck.fades


def test_two_limited_sounds_stay_limited() -> None:
    deck = deck_at(0.98)
    deck.leave(400, PATCH)
    assert np.abs(heard(deck, 3)).max() <= np.float32(0.98) + 1e-6


def test_the_same_voice_goes_on_as_two() -> None:
    deck = deck_at(0.5)
    deck.leave(480, PATCH)
    assert deck.voice is not None
    deck.voice.reset()
    sound = heard(deck, 4)
    assert sound[0] > 0.49
    assert np.all(sound[480:] == -0.5)


def tone(tone_hz: float, model_rate_hz: int) -> Voice:
    return Voice(ToneGenerator(ModelConfig(sample_rate_hz=model_rate_hz), tone_hz), 44100.0)


@given(st.lists(st.tuples(st.integers(1, 90), st.sampled_from([0, 0, 90, 700])), min_size=1, max_size=12))
def test_any_split_into_blocks_is_the_same(turns: list[tuple[int, int]]) -> None:
    """Two models of different rates, whose blocks never end together."""

    def play(step: int) -> np.ndarray:
        deck, voices = Deck(), (tone(440.0, 16000), tone(660.0, 11025))
        beginnings = [voice.snapshot() for voice in voices]
        deck.voice = voices[0]
        parts = []
        for turn, (count, fade) in enumerate(turns):
            if fade:
                deck.leave(fade, PATCH)
                deck.voice = voices[turn % 2]
                deck.voice.restore(beginnings[turn % 2])
            parts += [deck.render(min(step, count - at), PATCH) for at in range(0, count, step)]
        return np.concatenate(parts)

    assert np.array_equal(play(7), play(90))


def test_a_change_makes_haste_of_what_fades_already_and_a_touch_leaves_it_alone() -> None:
    deck = deck_at(0.8)
    deck.leave(LONG, PATCH)
    deck.voice = LevelVoice(0.2, RATE_HZ)
    sound = [heard(deck, 20)]
    deck.leave(TOUCH, PATCH)
    sound.append(heard(deck, 20))
    assert [fade.left for fade in deck.fades] == [LONG - 40 * 192]
    deck.leave(LONG, PATCH)
    deck.voice = LevelVoice(0.4, RATE_HZ)
    sound.append(heard(deck, HURRIED // 192))
    assert [fade.left for fade in deck.fades] == [LONG - HURRIED]
    assert np.abs(np.diff(np.concatenate(sound))).max() < 0.6 * 1.51 / HURRIED


def test_fades_end_soon_when_told_to_make_haste() -> None:
    deck = deck_at(0.8)
    deck.leave(LONG, PATCH)
    deck.voice = LevelVoice(0.2, RATE_HZ)
    sound = [heard(deck, 20)]
    deck.make_haste()
    assert [fade.left for fade in deck.fades] == [HURRIED]
    sound.append(heard(deck, HURRIED // 192))
    assert deck.fades == ()
    assert np.abs(np.diff(np.concatenate(sound))).max() < 0.6 * 1.51 / HURRIED


@given(st.integers(100, 10000), st.data())
def test_making_haste_does_not_jump(length: int, data: st.DataObject) -> None:
    fade = CrossFade(LevelVoice(0.5, RATE_HZ), LevelVoice(0.5, RATE_HZ).snapshot(), PATCH, length)
    done = data.draw(st.integers(0, length - 1))
    going_on = CrossFade(fade.voice, fade.state, PATCH, length, done)
    hurried = going_on.hurried(96)
    assert hurried.left == min(96, length - done)
    assert hurried.weights(1)[0, 0] == pytest.approx(float(going_on.weights(1)[0, 0]), abs=1.6 / 96)
    assert hurried.weights(hurried.left)[-1, 0] > 0.97


def test_what_is_being_left_is_rendered_as_it_is_needed() -> None:
    deck = deck_at(0.5)
    deck.leave(LONG, PATCH)
    assert deck.rendered_ms == 0.0
    deck.render(64, PATCH)
    assert deck.rendered_ms == pytest.approx(8.0)
    deck.fades = ()
    deck.render(64, PATCH)
    assert deck.rendered_ms == pytest.approx(12.0)
