"""Durations are read and written as Go does it."""

import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from certmanager.apis import go_duration

MICROSECONDS = 2**63 // 1000


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("2160h", "2160h0m0s"),
        ("1h30m", "1h30m0s"),
        ("1.5h", "1h30m0s"),
        (".5h", "30m0s"),
        ("30m", "30m0s"),
        ("90s", "1m30s"),
        ("1.5s", "1.5s"),
        ("250ms", "250ms"),
        ("1500us", "1.5ms"),
        ("7µs", "7µs"),
        ("7μs", "7µs"),
        ("0", "0s"),
        ("-5m", "-5m0s"),
        ("+5m", "5m0s"),
        ("1h1h", "2h0m0s"),
    ],
)
def test_forms(text: str, written: str) -> None:
    assert go_duration.text(go_duration.parse(text)) == written


@pytest.mark.parametrize("text", ["", "1", "90d", "h", "1 h", "1h ", "--1h", "1.h.", "३h", "3000000h"])
def test_what_go_doesnt_read(text: str) -> None:
    with pytest.raises(ValueError, match="time: invalid duration"):
        go_duration.parse(text)


@given(st.integers(-MICROSECONDS, MICROSECONDS).map(lambda number: datetime.timedelta(microseconds=number)))
def test_what_is_written_is_read_again(duration: datetime.timedelta) -> None:
    assert go_duration.parse(go_duration.text(duration)) == duration
