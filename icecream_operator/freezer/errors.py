"""What can be in the way of a reservation."""

from collections.abc import Set

from reconciling.errors import Retry


class FreezerError(Exception):
    """The database can't be the freezer's, today or tomorrow: the URL is wrong, or what is there isn't a freezer."""


class UnavailableError(Retry):
    """The database can't do it now: it is away, locked, full, read-only. It may be able to later."""


class OutOfStockError(Exception):
    """There aren't enough scoops of `flavour`. `missing` are all the flavours that are wanted and not yet reserved."""

    def __init__(self, flavour: str, missing: Set[str]) -> None:
        super().__init__(f"{flavour} is out of stock")
        self.flavour = flavour
        self.missing = frozenset(missing)
