"""Who is served when there are scoops again: by table."""

import pytest

from icecream_operator.waiting import served
from tests.operator.builders import icecream


@pytest.mark.parametrize(
    ("waiting", "stock", "expected"),
    [
        ([("a", "m")], {"m": 0}, []),
        ([("a", "m")], {"m": 1}, ["a"]),
        ([("b", "m"), ("a", "m")], {"m": 1}, ["a"]),
        ([("b", "m"), ("a", "m")], {"m": 2}, ["a", "b"]),
        ([("a", "mv")], {"m": 1, "v": 0}, []),
        ([("a", "mv"), ("b", "m")], {"m": 1, "v": 0}, []),  # one is kept for a
        ([("a", "mv"), ("b", "m")], {"m": 2, "v": 0}, ["b"]),
        ([("a", "mv"), ("b", "v")], {"m": 1, "v": 2}, ["a", "b"]),
        ([("a", ""), ("b", "m")], {"m": 0}, ["a"]),  # it was the database that was away
        ([], {"m": 5}, []),
    ],
)
def test_the_oldest_first_and_nobody_takes_what_an_older_one_waits_for(
    waiting: list[tuple[str, str]], stock: dict[str, int], expected: list[str]
) -> None:
    wishes = [(icecream(name), frozenset(flavours)) for name, flavours in waiting]
    assert [each.name for each in served(wishes, stock)] == expected
