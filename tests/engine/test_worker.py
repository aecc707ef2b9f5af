import queue
from collections.abc import Callable, Iterator

import pytest

from livernn.engine.worker import Worker
from livernn.errors import BadInputError, LiveRNNError

PATIENCE_S = 5.0


@pytest.fixture
def outcomes() -> "queue.SimpleQueue[Callable[[], None]]":
    return queue.SimpleQueue()


@pytest.fixture
def worker(outcomes: "queue.SimpleQueue[Callable[[], None]]") -> Iterator[Worker]:
    worker = Worker("test", outcomes.put)
    yield worker
    worker.close(PATIENCE_S)


def no_error(error: LiveRNNError) -> None:
    raise AssertionError(error)


def no_result(result: object) -> None:
    raise AssertionError(result)


def test_outcomes_come_in_order_where_they_are_run(
    worker: Worker, outcomes: "queue.SimpleQueue[Callable[[], None]]"
) -> None:
    results: list[int] = []
    for number in range(5):
        worker.submit(lambda number=number: number, results.append, no_error)
    delivered = [outcomes.get(timeout=PATIENCE_S) for _ in range(5)]
    assert results == []
    for outcome in delivered:
        outcome()
    assert results == [0, 1, 2, 3, 4]


def test_an_error_goes_to_the_failure_branch(worker: Worker, outcomes: "queue.SimpleQueue[Callable[[], None]]") -> None:
    error = BadInputError("it", "is bad", "Change it.")
    errors: list[LiveRNNError] = []

    def fail() -> None:
        raise error

    worker.submit(fail, no_result, errors.append)
    outcomes.get(timeout=PATIENCE_S)()
    assert errors == [error]


def test_a_bug_is_logged_and_told_and_the_worker_goes_on(
    worker: Worker, outcomes: "queue.SimpleQueue[Callable[[], None]]", caplog: pytest.LogCaptureFixture
) -> None:
    errors: list[LiveRNNError] = []
    worker.submit(lambda: 1 // 0, no_result, errors.append)
    outcomes.get(timeout=PATIENCE_S)()
    assert "ZeroDivisionError" in str(errors[0])
    assert "ZeroDivisionError" in caplog.text
    caplog.clear()
    results: list[int] = []
    worker.submit(lambda: 2, results.append, no_error)
    outcomes.get(timeout=PATIENCE_S)()
    assert results == [2]
