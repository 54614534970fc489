"""Whether an operator has had its time: it is given an order of our own as a probe, and has answered that.

It takes orders in the order in which they came, so by then it has dealt with all that came before.
"""

import contextlib
from collections.abc import Callable, Collection, Iterable, Iterator

from workshop.system.polling import eventually
from workshop.testing import diagnosis, icecreams, operator_log
from workshop.testing.audit_log import AuditedRequest
from workshop.testing.failures import CheckFailedError
from workshop.testing.icecreams import Icecreams
from workshop.testing.operator_process import OperatorProcess

PREFIX = "zz-probe-"  # of the names of our own orders

_INSTANT = 0.5  # seconds in which an operator mostly is done
_LIMIT = 20.0  # seconds for an answer
_HANG_LIMIT = 5.0  # seconds to look for what hangs while the rest goes on


class Probe:
    """Waits for one operator. `requests` are what it has asked for, and `numbers` are for the names of orders."""

    def __init__(
        self,
        operator: OperatorProcess,
        orders: Icecreams,
        requests: Callable[[], Iterable[AuditedRequest]],
        numbers: Iterator[int],
    ) -> None:
        self.operator = operator
        self._orders = orders
        self._requests = requests
        self._numbers = numbers
        self._name = ""
        self._unresponsive = False
        self._hang: CheckFailedError | None = None

    def answers(self) -> bool:
        """Order something nobody else wants, and say whether the operator writes its status."""
        if self._unresponsive or not self._may_still_act():
            return False
        self._name = f"{PREFIX}{next(self._numbers)}"
        self._orders.create(icecreams.manifest(self._name, self._name))
        if not self.becomes_true(self._is_answered):
            self._hang = diagnosis.find_hang(self.operator, until=self._is_over, within=_LIMIT)
            self._unresponsive = not self._is_answered()
        return not self._unresponsive

    def becomes_true(self, look: Callable[[], bool], within: float = _INSTANT) -> bool:
        """Wait until `look` returns true, as long as the operator may still do something for that."""

        def assert_true() -> None:
            assert look() or not self._may_still_act()

        with contextlib.suppress(AssertionError):
            eventually(assert_true, within=within)
        return look()

    def error(self, expected: str, seen: str, names: Collection[str], look: str) -> CheckFailedError:
        """Return what a check says, with the reason why the operator doesn't do what is expected of these icecreams."""
        if not self._unresponsive:
            self._hang = diagnosis.find_hang(self.operator, until=self._is_elsewhere, within=_HANG_LIMIT)
        if self._hang:
            return self._hang
        asks = not self._unresponsive or any(request.name == self._name for request in self._requests())
        why = diagnosis.diagnose(self.operator, {*names, self._name}, asks=asks)
        return CheckFailedError(expected=expected, seen="\n".join([seen, *why.lines]), look=why.place or look)

    def unanswered(self) -> str:
        """Return how the order is that wasn't answered."""
        if not self._unresponsive:
            return "it does not"
        return f"{self._name}: {icecreams.describe(icecreams.view(self._orders.read(self._name)))}"

    def _is_answered(self) -> bool:
        return "Ready" in icecreams.view(self._orders.read(self._name))

    def _is_over(self) -> bool:
        return self._is_answered() or not self._may_still_act()

    def _is_elsewhere(self) -> bool:
        return not diagnosis.may_hang(self.operator)

    def _may_still_act(self) -> bool:
        """Whether it runs, and has not come upon something that isn't written yet."""
        return self.operator.is_alive and not operator_log.unwritten_exercise(self.operator.output())
