"""When an operator is at rest, and what must hold then."""

from tests.operator import oracle
from tests.operator.history import OWN
from tests.operator.shop import attempt
from workshop.system.polling import eventually
from workshop.testing.icecreams import Body, Icecreams, manifest

MARKER = f"{OWN}marker"


def as_it_should_be(icecreams: Icecreams, *, evicts: bool) -> list[Body]:
    """Return all icecreams if they and their statuses are as they should be.

    Raises:
        AssertionError: what differs.
    """
    listed = icecreams.list()
    rule, seen = oracle.Expected(listed), oracle.statuses(listed)
    assert seen == rule.statuses(), f"statuses\n{seen}, and should be\n{rule.statuses()}"
    assert not evicts or not rule.oversold(), f"still there: {rule.oversold()} of\n{seen}"
    return listed


def until_at_rest(icecreams: Icecreams, *, evicts: bool, within: float = 30) -> list[Body]:
    """Wait until all is as it should be, and the operator leaves it so; return the icecreams.

    It takes keys in the order in which they came, so when it has sold one that was created now, it has looked at all
    that was there before.

    Raises:
        AssertionError: what differs.
    """

    def look() -> list[Body]:
        listed = as_it_should_be(icecreams, evicts=evicts)
        eventually(lambda: _marker_was_sold(icecreams), within=2)
        assert icecreams.list() == listed, "it was not yet at rest"
        return listed

    return eventually(look, within=within)


def _marker_was_sold(icecreams: Icecreams) -> None:
    marker = icecreams.read(MARKER) or icecreams.create(manifest(MARKER, "nobody else's"))
    assert "status" in marker, "the operator doesn't look at what was created last"
    assert attempt(icecreams.delete, MARKER, seen=marker)
