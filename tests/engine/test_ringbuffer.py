import threading
import time
from collections import deque

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from livernn.engine.ringbuffer import RingBuffer, pull
from livernn.engine.shared import RING_WORDS
from livernn.units import SIDES
from tests.fixtures.stereo import both, mono

SIZE = 16
SIGNS = np.float32([1.0, -1.0])
OPERATIONS = st.lists(
    st.tuples(st.sampled_from(["push", "pull"]), st.integers(0, SIZE + 4)) | st.just(("discard", 0)), max_size=60
)


@given(OPERATIONS)
def test_behaves_like_a_bounded_queue(operations: list[tuple[str, int]]) -> None:
    words, samples = np.zeros(RING_WORDS, np.int64), np.zeros((SIZE, SIDES), np.float32)
    ring = RingBuffer(words, samples)
    model: deque[float] = deque()
    occupied, next_value = 0, 1.0
    for operation, count in operations:
        if operation == "push":
            block = both(np.arange(next_value, next_value + count)) * SIGNS
            taken = ring.push(block)
            assert taken == min(count, SIZE - occupied)
            model.extend(block[:taken, 0].tolist())
            occupied += taken
            next_value += count
        elif operation == "pull":
            block = np.full((count, SIDES), np.nan, np.float32)
            given_ = pull(words, samples, block)
            assert given_ == min(count, len(model))
            assert mono(block[:given_] * SIGNS).tolist() == [model.popleft() for _ in range(given_)]
            assert np.isnan(block[given_:]).all()
            occupied = len(model)
        else:
            ring.discard()
            model.clear()
        assert ring.fill == len(model)


def test_two_threads_lose_and_repeat_nothing() -> None:
    total = 300_000
    words, samples = np.zeros(RING_WORDS, np.int64), np.zeros((1024, SIDES), np.float32)
    ring = RingBuffer(words, samples)
    signal = both(np.arange(total) % 9973) * SIGNS
    received = np.zeros((total, SIDES), np.float32)

    def produce() -> None:
        at = 0
        while at < total:
            at += ring.push(signal[at : at + 977])
            time.sleep(0)

    producer = threading.Thread(target=produce)
    producer.start()
    at = 0
    while at < total:
        at += pull(words, samples, received[at : at + 613])
        time.sleep(0)
    producer.join()
    assert np.array_equal(received, signal)
    assert ring.fill == 0
