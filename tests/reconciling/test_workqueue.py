"""The work queue, with a clock that the test moves."""

from collections.abc import Callable
from dataclasses import dataclass, field

import pytest

from reconciling.workqueue import WorkQueue


@dataclass
class Timer:
    at: float
    call: Callable[[], None]
    cancelled: bool = False

    def cancel(self) -> None:
        self.cancelled = True


@dataclass
class Clock:
    now: float = 0
    timers: list[Timer] = field(default_factory=list)

    def call_later(self, seconds: float, call: Callable[[], None]) -> Timer:
        self.timers.append(Timer(self.now + seconds, call))
        return self.timers[-1]

    def move(self, seconds: float) -> None:
        self.now += seconds
        due = [timer for timer in self.timers if timer.at <= self.now]
        self.timers = [timer for timer in self.timers if timer.at > self.now]
        for timer in due:
            if not timer.cancelled:
                timer.call()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def queue(clock: Clock) -> WorkQueue[str]:
    return WorkQueue(backoff=lambda failures: 10.0**failures, call_later=clock.call_later)


async def test_a_key_that_waits_is_not_added_again(queue: WorkQueue[str]) -> None:
    for _ in range(3):
        queue.add("matcha")
    assert len(queue) == 1


async def test_keys_come_out_in_the_order_in_which_they_came_in(queue: WorkQueue[str]) -> None:
    for key in ("a", "b", "a", "c"):
        queue.add(key)
    assert [await queue.get() for _ in range(3)] == ["a", "b", "c"]


async def test_a_key_that_one_worker_processes_is_given_to_no_second_one_and_comes_back(queue: WorkQueue[str]) -> None:
    queue.add("matcha")
    await queue.get()
    queue.add("matcha")
    assert len(queue) == 0
    queue.done("matcha")
    assert len(queue) == 1


async def test_a_key_that_nobody_added_meanwhile_does_not_come_back(queue: WorkQueue[str]) -> None:
    queue.add("matcha")
    queue.done(await queue.get())
    assert len(queue) == 0


async def test_a_key_that_failed_waits_longer_each_time(queue: WorkQueue[str], clock: Clock) -> None:
    assert [queue.add_rate_limited("matcha") for _ in range(3)] == [10, 100, 1000]
    clock.move(999)
    assert len(queue) == 0
    clock.move(1)
    assert len(queue) == 1


async def test_the_back_off_begins_anew_after_success(queue: WorkQueue[str]) -> None:
    queue.add_rate_limited("matcha")
    queue.forget("matcha")
    assert queue.add_rate_limited("matcha") == 10


async def test_a_key_waits_at_least_as_long_as_the_api_server_asked_for(queue: WorkQueue[str]) -> None:
    assert queue.add_rate_limited("matcha", at_least=50) == 50
    assert queue.add_rate_limited("matcha", at_least=50) == 100


async def test_one_keys_failures_do_not_slow_down_another(queue: WorkQueue[str]) -> None:
    queue.add_rate_limited("matcha")
    queue.add_rate_limited("matcha")
    assert queue.add_rate_limited("vanilla") == 10


async def test_the_last_moment_set_for_a_key_counts(queue: WorkQueue[str], clock: Clock) -> None:
    queue.add_after("matcha", 5)
    queue.add_after("matcha", 60)
    clock.move(5)
    assert len(queue) == 0
    clock.move(55)
    assert len(queue) == 1
