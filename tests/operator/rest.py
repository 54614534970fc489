"""When an operator is at rest, and what must hold then."""

from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

from tests.operator import oracle
from tests.operator.freezer_rows import FreezerRows
from tests.operator.history import OWN
from tests.operator.shop import attempt
from workshop.system.polling import eventually
from workshop.testing.icecreams import Body, Icecreams, manifest

FINALIZER = "demo.lva.io/finalizer"
MARKER = f"{OWN}marker"


def as_it_should_be(icecreams: Icecreams, *, evicts: bool, freezer: Path, leaked: Collection[str] = ()) -> list[Body]:
    """Return all icecreams if they, their statuses and what is reserved for them are as they should be.

    `freezer` is the database, a file; `leaked` are the uids of those who may be gone and still have something.

    Raises:
        AssertionError: what differs.
    """
    rows = FreezerRows(freezer)
    there = icecreams.list()
    listed = [icecream for icecream in there if icecream["metadata"]["name"] != MARKER]
    rule, seen = oracle.Expected(listed), oracle.statuses(listed)
    assert seen == rule.statuses(rows), f"statuses\n{seen}, and should be\n{rule.statuses(rows)}"
    assert not evicts or not rule.oversold(), f"still there: {rule.oversold()} of\n{seen}"
    leaving = [icecream["metadata"]["name"] for icecream in there if _waits_for_us_alone(icecream["metadata"])]
    assert all(name.startswith(OWN) for name in leaving), f"still on their way: {leaving}"
    rule.look_into(rows)
    gone = rows.reserved.keys() - {icecream["metadata"]["uid"] for icecream in there} - set(leaked)
    assert not gone, f"gone, and something is reserved for them: {[rows.names[uid] for uid in gone]}"
    return listed


def until_at_rest(
    icecreams: Icecreams, *, evicts: bool, freezer: Path, leaked: Collection[str] = (), within: float = 30
) -> list[Body]:
    """Wait until all is as it should be, and the operator leaves it so; return the icecreams.

    It takes keys in the order in which they came, so when it has sold one that was created now, it has looked at all
    that was there before.

    Raises:
        AssertionError: what differs.
    """

    def look() -> list[Body]:
        listed = as_it_should_be(icecreams, evicts=evicts, freezer=freezer, leaked=leaked)
        _pass_a_marker(icecreams)
        again = as_it_should_be(icecreams, evicts=evicts, freezer=freezer, leaked=leaked)
        assert again == listed, "it was not yet at rest"
        return listed

    return eventually(look, within=within)


def _pass_a_marker(icecreams: Icecreams) -> None:
    """Have an icecream sold and deleted."""

    def delete() -> None:
        marker = icecreams.read(MARKER)
        if marker and "deletionTimestamp" not in marker["metadata"]:
            assert "status" in marker, "the operator doesn't look at what was created last"
            assert attempt(icecreams.delete, MARKER, seen=marker)

    def look_for_it() -> None:
        assert icecreams.read(MARKER) is None, "the operator doesn't take its finalizer off"

    if icecreams.read(MARKER) is None:
        icecreams.create(manifest(MARKER, "nobody else's"))
    eventually(delete, within=2)
    eventually(look_for_it, within=2)


def _waits_for_us_alone(metadata: Mapping[str, Any]) -> bool:
    return "deletionTimestamp" in metadata and metadata.get("finalizers", []) == [FINALIZER]
