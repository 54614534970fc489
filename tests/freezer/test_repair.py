"""What has come apart, and what only looks so: by table."""

import pytest

from icecream_operator.finalizer import FINALIZER
from icecream_operator.freezer.reservations import Reservation
from icecream_operator.icecream import Icecream
from icecream_operator.repair import find
from tests.operator.builders import icecream

OURS = (FINALIZER,)


def kept(name: str, *flavours: str, uid: str = "") -> Reservation:
    return Reservation(uid or f"uid-{name}", name, frozenset(flavours))


@pytest.mark.parametrize(
    ("reservations", "icecreams", "lines"),
    [
        ([], [], []),
        ([kept("a", "m")], [icecream("a", "m", finalizers=OURS)], []),
        ([kept("a", "m", "v")], [], ["a is gone, and m, v is reserved for it: to be given back"]),
        (  # another of the same name
            [kept("a", "m", uid="before")],
            [icecream("a", "m")],
            ["a is gone, and m is reserved for it: to be given back"],
        ),
        ([], [icecream("a", "m", finalizers=OURS)], ["a has nothing reserved: to be m"]),
        ([kept("a", "m")], [icecream("a", "v", finalizers=OURS)], ["a has m reserved: to be v"]),
        ([kept("a", "m")], [icecream("a", "m", "v", finalizers=OURS)], ["a has m reserved: to be m, v"]),
        ([], [icecream("a", "m")], []),  # the reconcile hasn't come to it yet
        ([], [icecream("a", "m", finalizers=("another.example/one",))], []),
        ([kept("a", "m")], [icecream("a", "m", deleting=True, finalizers=OURS)], []),  # left to its finalizer
        ([kept("a", "m")], [icecream("a", "m", deleting=True, finalizers=("another.example/one",))], []),
        (  # oversold: it keeps nothing
            [kept(name, "m") for name in "abcd"],
            [icecream(name, "m", finalizers=OURS) for name in "abcd"],
            ["d has m reserved: to be nothing"],
        ),
        ([kept(name, "m") for name in "abc"], [icecream(name, "m", finalizers=OURS) for name in "abcd"], []),
        ([], [icecream("b", "m", finalizers=OURS), icecream("a", "v", created=1, finalizers=OURS)], ["b", "a"]),
    ],
)
def test_what_has_come_apart_is_found(
    reservations: list[Reservation], icecreams: list[Icecream], lines: list[str]
) -> None:
    leaked, missing = find(reservations, icecreams)
    found = [str(problem) for problem in (*leaked, *missing)]
    assert [line.startswith(expected) for line, expected in zip(found, lines, strict=True)] == [True] * len(lines), (
        found
    )
