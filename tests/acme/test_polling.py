"""How long to wait before a resource is read again, and when to give up; on a clock that doesn't wait."""

import datetime
from collections.abc import Sequence
from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from certmanager.acme import polling
from certmanager.acme.errors import StillPendingError
from certmanager.acme.polling import PollingPolicy
from tests.acme.conftest import FakeClock

URL = "https://ca.example/x"
POLICY = PollingPolicy()
NOW = datetime.datetime(2026, 1, 1, tzinfo=datetime.UTC)


@dataclass(frozen=True)
class Read:
    """A resource as it is when it is read."""

    status: str
    retry_after: datetime.timedelta | None = None
    url: str = URL


class TestWaiting:
    async def wait(self, clock: FakeClock, reads: Sequence[Read], policy: PollingPolicy = POLICY) -> Read:
        later = iter(reads[1:])

        async def fetch() -> Read:
            return next(later)

        return await polling.until(lambda read: read.status == "valid", reads[0], fetch, clock, policy)

    async def test_what_is_done_is_not_waited_for(self, clock: FakeClock) -> None:
        assert await self.wait(clock, [Read("valid")]) == Read("valid")
        assert clock.slept == []

    async def test_the_ca_s_word_on_the_wait_is_kept_each_time(self, clock: FakeClock) -> None:
        seconds = [datetime.timedelta(seconds=3), datetime.timedelta(), datetime.timedelta(seconds=60)]
        await self.wait(clock, [*(Read("pending", retry_after) for retry_after in seconds), Read("valid")])
        assert clock.slept == [3, 1, 60]  # 0 would be a thousand requests a second

    async def test_without_a_word_the_waits_grow_up_to_the_cap(self, clock: FakeClock) -> None:
        policy = PollingPolicy(initial=1, factor=2, cap=5, timeout=100)
        assert await self.wait(clock, [Read("pending")] * 5 + [Read("valid")], policy) == Read("valid")
        assert clock.slept == [1, 2, 4, 5, 5]

    async def test_a_wait_beyond_the_end_is_not_begun_and_said_when_to_come_back(self, clock: FakeClock) -> None:
        day = datetime.timedelta(days=1)
        with pytest.raises(StillPendingError, match=r"https://ca\.example/x is still pending") as caught:
            await self.wait(clock, [Read("pending", day)])
        assert (clock.slept, caught.value.retry_after) == ([], day)

    async def test_the_ca_s_word_counts_up_to_the_ceiling(self, clock: FakeClock) -> None:
        await self.wait(clock, [Read("pending", datetime.timedelta(seconds=100)), Read("valid")])
        assert clock.slept == [60]

    @pytest.mark.parametrize("seconds", [0, 0.5, 1, 7, 59, 61, 119])
    async def test_whatever_the_ca_says_the_waits_and_their_number_are_bounded(
        self, clock: FakeClock, seconds: float
    ) -> None:
        with pytest.raises(StillPendingError):
            await self.wait(clock, [Read("pending", datetime.timedelta(seconds=seconds))] * 1000)
        assert 1 <= len(clock.slept) <= 120
        assert all(POLICY.floor <= wait <= POLICY.ceiling for wait in clock.slept)
        assert sum(clock.slept) <= POLICY.timeout

    async def test_the_time_that_was_really_waited_is_said(self, clock: FakeClock) -> None:
        policy = PollingPolicy(initial=4, factor=1, cap=4, timeout=10)
        with pytest.raises(StillPendingError, match="is still pending after 8 s; ask again later"):
            await self.wait(clock, [Read("pending")] * 100, policy)

    async def test_the_time_that_requests_take_counts_too(self, clock: FakeClock) -> None:
        async def slow() -> Read:
            clock.time += datetime.timedelta(seconds=30)
            return Read("pending")

        with pytest.raises(StillPendingError, match="after 120 s"):
            await polling.until(lambda read: read.status == "valid", Read("pending"), slow, clock, POLICY)


@given(
    header=st.text() | st.integers().map(str) | st.datetimes().map(lambda d: d.strftime("%a, %d %b %Y %H:%M:%S GMT"))
)
def test_any_retry_after_is_a_wait_of_at_most_a_year_or_none(header: str | None) -> None:
    wait = polling.retry_after(header, NOW)
    assert wait is None or datetime.timedelta() <= wait <= datetime.timedelta(days=365)


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        (None, None),
        ("0", 0),
        ("9" * 20, 365 * 24 * 3600),
        (" 3 ", 3),
        ("Thu, 01 Jan 2026 00:00:05 GMT", 5),
        ("Thu, 01 Jan 2026 00:00:05 -0000", None),
        ("Wed, 31 Dec 2025 00:00:00 GMT", 0),
        ("tomorrow", None),
        ("-5", None),
        ("1.5", None),
        ("٣", None),
        ("", None),
        ("Thursday, 01-Jan-26 00:00:05 GMT", 5),
        ("Thu Jan  1 00:00:05 2026", 5),
        ("Thursday, 01-Jan-76 00:00:00 GMT", 365 * 24 * 3600),
        ("Saturday, 01-Jan-77 00:00:00 GMT", 0),
        ("Sun, 06 Nov 1994 08:49:37 GMT", 0),
        ("Sunday, 06-Nov-94 08:49:37 GMT", 0),
        ("Sun Nov  6 08:49:37 1994", 0),
    ],
)
def test_retry_after_is_read_in_all_of_its_forms(header: str | None, seconds: int | None) -> None:
    wait = polling.retry_after(header, NOW)
    assert wait == (None if seconds is None else datetime.timedelta(seconds=seconds))


@pytest.mark.parametrize("ours", [NOW, NOW - datetime.timedelta(days=9), NOW + datetime.timedelta(days=9)])
@pytest.mark.parametrize("date", ["Thu, 01 Jan 2026 00:00:00 GMT", "Thu Jan  1 00:00:00 2026"])
def test_a_date_counts_from_the_ca_s_own_clock(date: str, ours: datetime.datetime) -> None:
    assert polling.retry_after("Thu, 01 Jan 2026 00:00:05 GMT", ours, date) == datetime.timedelta(seconds=5)
