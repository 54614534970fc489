"""The freezer as the operator's coroutines use it: no call blocks the event loop, whatever the database does.

A database that doesn't answer is asked by one at a time: once a call has failed, the others fail at once, until
`stock` or `reservations` has had an answer. Whoever waits for it asks for these, with a back-off.
"""

import asyncio
import functools
import logging
from collections.abc import Awaitable, Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from typing import TypeVar

from icecream_operator.freezer import reservations, schema, stock
from icecream_operator.freezer.database import Database, Transaction
from icecream_operator.freezer.errors import FreezerError, UnavailableError
from icecream_operator.freezer.reservations import Reservation

T = TypeVar("T")
logger = logging.getLogger(__name__)


class Freezer:
    """The rows of one cluster, by the uid of its namespace kube-system.

    Every method raises UnavailableError where the database can't do it now, and what `cluster` raises.
    """

    def __init__(self, database: Database, cluster: Callable[[], Awaitable[str]], now: Callable[[], datetime]) -> None:
        self._database = database
        self._cluster = cluster
        self._now = now
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="freezer")  # one transaction at a time
        self._obstacle = ""

    async def reserved(self, uid: str) -> frozenset[str]:
        """Return the flavours that are reserved for an icecream."""
        return await self._call(lambda transaction: reservations.read(transaction, uid))

    async def reserve(self, wanted: Reservation, ahead: Iterable[Reservation]) -> None:
        """Have exactly these flavours reserved, as `reservations.reserve` says it.

        Raises:
            OutOfStockError: a flavour has no scoop left.
        """
        await self._call(lambda transaction: reservations.reserve(transaction, wanted, ahead))

    async def give_back(self, uid: str, name: str) -> frozenset[str]:
        """Give back all that is reserved for an icecream, and return those flavours."""
        return await self._call(lambda transaction: reservations.give_back(transaction, uid, name))

    async def stock(self) -> Mapping[str, int]:
        """Return the scoops of every flavour, also of those without a row."""
        return await self._call(stock.read, anyway=True)

    async def reservations(self) -> list[Reservation]:
        """Return all reservations."""
        return await self._call(reservations.read_all, anyway=True)

    async def _call(self, function: Callable[[Transaction], T], *, anyway: bool = False) -> T:
        """Call it in the thread, in a transaction; `anyway` even if the last call has failed."""
        if not anyway:
            self._fail_fast()
        cluster, now = await self._cluster(), self._now()
        call = functools.partial(self._transact, function, cluster, now, anyway)
        try:
            return await asyncio.get_running_loop().run_in_executor(self._thread, call)
        except asyncio.CancelledError:
            self._database.interrupt()  # the process ends, and would wait for its thread
            raise

    def _transact(self, function: Callable[[Transaction], T], cluster: str, now: datetime, anyway: bool) -> T:
        if not anyway:
            self._fail_fast()  # a call before this one may have failed meanwhile
        try:
            with self._database.transaction(cluster, now) as transaction:
                if self._obstacle:
                    schema.write(transaction.connection)  # to be readable isn't enough: the disk may be full
                result = function(transaction)
        except (UnavailableError, FreezerError) as error:
            self._become(str(error))
            raise UnavailableError(self._obstacle) from error
        self._become("")
        return result

    def _become(self, obstacle: str) -> None:
        if obstacle and not self._obstacle:
            logger.warning("%s. Whoever needs it waits.", obstacle)
        elif self._obstacle and not obstacle:
            logger.info("The freezer is available again")
        self._obstacle = obstacle

    def _fail_fast(self) -> None:
        if self._obstacle:
            raise UnavailableError(self._obstacle)
