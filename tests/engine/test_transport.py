import itertools

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from livernn.engine.transport import CrossFade

COUNT = 100


def test_goes_from_the_old_sound_to_the_new_without_a_step() -> None:
    fade = CrossFade(np.full(COUNT, -1.0, np.float32))
    mixed = np.concatenate([[-1.0], fade.mix(np.ones(COUNT, np.float32)), [1.0]])
    assert np.abs(np.diff(mixed)).max() < 2.0 * np.pi / 2 / COUNT
    assert fade.finished


def test_two_limited_sounds_stay_limited() -> None:
    fade = CrossFade(np.full(COUNT, 0.98, np.float32))
    assert np.abs(fade.mix(np.full(2 * COUNT, 0.98, np.float32))).max() <= np.float32(0.98) + 1e-6


@given(st.lists(st.integers(0, 40), min_size=1))
def test_any_split_into_blocks_is_the_same(sizes: list[int]) -> None:
    random = np.random.default_rng(1)
    tail = random.standard_normal(COUNT).astype(np.float32)
    new = random.standard_normal(sum(sizes)).astype(np.float32)
    fade = CrossFade(tail)
    at = np.cumsum([0, *sizes])
    parts = [fade.mix(new[start:end]) for start, end in itertools.pairwise(at)]
    assert np.array_equal(np.concatenate(parts), CrossFade(tail).mix(new))
    assert fade.finished == (new.size >= COUNT)


def test_does_not_write_into_what_it_is_given() -> None:
    new = np.ones(COUNT, np.float32)
    CrossFade(np.zeros(COUNT, np.float32)).mix(new)
    assert (new == 1.0).all()
