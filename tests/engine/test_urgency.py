"""When the sampler runs before all others, and when not."""

import os
from collections.abc import Iterator
from concurrent.futures import Executor, ThreadPoolExecutor

import pytest

from livernn.engine.urgency import Urgency

POLICIES = {name: getattr(os, name, None) for name in ("SCHED_RR", "SCHED_OTHER")}
needs_policies = pytest.mark.skipif(None in POLICIES.values(), reason="a system without real-time classes")


@pytest.fixture
def thread() -> Iterator[Executor]:
    """Whose scheduling ends with it."""
    with ThreadPoolExecutor(1) as thread:
        yield thread


def asked_for(monkeypatch: pytest.MonkeyPatch, is_allowed: bool = True, cores: int = 2) -> list[tuple[int, int]]:
    asked = []

    def ask(_: int, policy: int, param: os.sched_param) -> None:
        asked.append((policy, param.sched_priority))
        if not is_allowed:
            raise PermissionError

    monkeypatch.setattr(os, "sched_setscheduler", ask)
    monkeypatch.setattr(os, "cpu_count", lambda: cores)
    return asked


def raise_lower_and_raise() -> None:
    urgency = Urgency()
    for raised in (True, False, False, True, True):
        urgency.set(raised)


@needs_policies
def test_the_system_is_asked_only_where_something_changes(monkeypatch: pytest.MonkeyPatch, thread: Executor) -> None:
    asked = asked_for(monkeypatch)
    thread.submit(raise_lower_and_raise).result()
    assert asked == [(os.SCHED_RR, 10), (os.SCHED_OTHER, 0), (os.SCHED_RR, 10)]


@needs_policies
def test_who_is_refused_does_not_ask_again(monkeypatch: pytest.MonkeyPatch, thread: Executor) -> None:
    asked = asked_for(monkeypatch, is_allowed=False)
    thread.submit(raise_lower_and_raise).result()
    assert asked == [(os.SCHED_RR, 10)]


@needs_policies
def test_the_only_core_is_shared(monkeypatch: pytest.MonkeyPatch, thread: Executor) -> None:
    asked = asked_for(monkeypatch, cores=1)
    thread.submit(raise_lower_and_raise).result()
    assert asked == []


@needs_policies
def test_the_system_does_as_it_is_told(thread: Executor) -> None:
    def policies() -> list[int]:
        urgency, found = Urgency(), []
        for raised in (True, False, True):
            urgency.set(raised)
            found.append(os.sched_getscheduler(0))
        return found

    real_time, others, again = thread.submit(policies).result()
    if real_time != os.SCHED_RR:
        pytest.skip("this user may not have real-time priority")
    assert (others, again) == (os.SCHED_OTHER, os.SCHED_RR)
