"""What is kept in case it was good."""

from hypothesis import given
from hypothesis import strategies as st

from livernn.engine.past import FRAME_BYTES, PREROLL_S, PreRoll

blocks = st.lists(st.integers(0, 150), max_size=12)
"""Frames each; some are longer than all that is kept at 1 Hz."""


@given(blocks, st.integers(0, 40))
def test_it_is_exactly_the_last_minute_without_the_silence_before(lengths: list[int], silent_frames: int) -> None:
    preroll, sound = PreRoll(1), bytes(silent_frames * FRAME_BYTES)
    preroll.append(sound)
    for at, length in enumerate(lengths):
        block = bytes(1 + (at + byte) % 255 for byte in range(length * FRAME_BYTES))
        preroll.append(block)
        sound += block
    kept = sound[-round(PREROLL_S) * FRAME_BYTES :]
    assert preroll.frames == len(kept) // FRAME_BYTES
    assert preroll.content() == kept.lstrip(b"\0")
