"""Who waits for the freezer: for scoops, or for the database to be available again.

Nobody is told when somebody fills up the freezer; the database is another program's too. So as long as an icecream
waits, the stock is read once a second, by one for all. Those who can be served go back into the work queue, whoever
came first before the others. It is a controller with one key.
"""

import logging
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Set

from icecream_operator.cache import Cache
from icecream_operator.freezer.freezer import Freezer
from icecream_operator.icecream import Icecream
from reconciling.workqueue import WorkQueue

KEY = "stock"
INTERVAL = 1.0  # seconds
logger = logging.getLogger(__name__)


def served(waiting: Iterable[tuple[Icecream, Set[str]]], stock: Mapping[str, int]) -> list[Icecream]:
    """Return who can be served now, of those who wait for a scoop of each of these flavours; oldest first.

    Whoever can't be served keeps a scoop of each from those who come later, as `reservations.reserve` does.
    """
    kept: Counter[str] = Counter()
    result = []
    for icecream, missing in sorted(waiting, key=lambda pair: pair[0].rank):
        if all(stock[flavour] > kept[flavour] for flavour in missing):
            result.append(icecream)
        kept.update(missing)
    return result


class WaitingList:
    """The names of those who wait, with the flavours that each is missing; none for whom the database was away."""

    def __init__(
        self, own_queue: WorkQueue[str], queue: WorkQueue[str], cache: Callable[[], Cache], freezer: Freezer
    ) -> None:
        self.queue = own_queue
        self._icecream_queue = queue
        self._cache = cache
        self._freezer = freezer
        self._missing: dict[str, frozenset[str]] = {}

    def add(self, name: str, missing: frozenset[str] = frozenset()) -> None:
        """Have an icecream come back when it can be served."""
        if not self._missing:
            self.queue.add_after(KEY, INTERVAL)
        self._missing[name] = missing

    def discard(self, name: str) -> None:
        """Forget that an icecream waits: it is being looked at."""
        self._missing.pop(name, None)

    def look(self) -> None:
        """Look soon: scoops may have come back."""
        if self._missing:
            self.queue.add(KEY)

    async def reconcile(self, _key: str) -> None:
        """Put those who can be served into the work queue.

        Raises:
            Retry: the database can't be asked now.
        """
        waiting = [
            (icecream, missing) for name, missing in self._missing.items() if (icecream := self._cache().get(name))
        ]
        self._missing = {icecream.name: missing for icecream, missing in waiting}
        if not waiting:
            return
        for icecream in served(waiting, await self._freezer.stock()):
            self.discard(icecream.name)
            self._icecream_queue.add(icecream.name)
        if self._missing:
            self.queue.add_after(KEY, INTERVAL)
