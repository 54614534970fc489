"""The shop in which a lesson's checks see an operator at work: icecreams on a real API server, and what is done there.

A check orders, changes and cancels as customers do, and says what the API server shall show in the end. If it doesn't,
the check says what it shows instead, and why, as far as can be known (`diagnosis`).

How long to wait? An operator that has dealt with an order that came later won't come back to an earlier one by itself.
So one that isn't done in an instant is given a later order as a probe: when that has its status, the time is up. This
way a slow machine makes no check red, and a wrong operator none slow.
"""

import contextlib
import itertools
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from kubernetes.client import CustomObjectsApi

from workshop.testing import audit_log, diagnosis, icecreams, operator_process, probe, rbac
from workshop.testing.audit_log import AuditedRequest
from workshop.testing.icecreams import Body, Icecreams, View
from workshop.testing.operator_log import LoggedError
from workshop.testing.operator_process import OPERATOR, OperatorProcess
from workshop.testing.probe import Probe
from workshop.workspace import operators
from workshop.workspace.cluster import Cluster

_EVENTS = ("events.k8s.io", "v1", "default", "events")
_GRACE = 1.0  # seconds after the probe for what had to be tried again


class Shop:
    """Icecreams, and at most one operator. Its `with` ends the connections to the API server."""

    def __init__(self, cluster: Cluster) -> None:
        operator_process.prepare()
        self.cluster = cluster
        self.error_before: LoggedError | None = None
        self._at_exit = contextlib.ExitStack()
        self._client = self._at_exit.enter_context(icecreams.connected(cluster.kubeconfig))
        self.icecreams = Icecreams(self._client)
        self._objects: Any = CustomObjectsApi(self._client)
        self._started_at = audit_log.end(cluster)
        self._objects.delete_collection_namespaced_custom_object(*_EVENTS)  # those of a shop before
        self._probe_numbers = itertools.count(1)
        self._probe: Probe

    def __enter__(self) -> Self:
        return self

    def __exit__(self, _type: type[BaseException] | None, _error: object, _traceback: TracebackType | None) -> None:
        self._at_exit.close()

    @cached_property
    def identity(self) -> Path:
        """The operator's kubeconfig; the first look at it makes its service account and roles."""
        return operators.log_in(OPERATOR, self.cluster)

    @contextlib.contextmanager
    def operator(self, *arguments: str, kubeconfig: Path | None = None) -> Iterator[OperatorProcess]:
        """The operator as a process, killed at the end of the `with`; `kubeconfig` is another one than `identity`."""
        log = self.cluster.folder / f"{OPERATOR.name}.log"
        self._started_at = audit_log.end(self.cluster)
        operator = OperatorProcess(kubeconfig or self.identity, log, *arguments)
        self._probe = Probe(operator, self.icecreams, self.requests, self._probe_numbers)
        try:
            yield operator
        finally:
            operator.kill()

    def kill_operator(self) -> None:
        """Kill it, once it has dealt with all that happened before; the next one has the log for itself."""
        self.settle()
        self._probe.operator.kill()
        self.error_before = self.last_error()

    # What customers do.

    def order(self, name: str, *flavours: str, topping: Sequence[str] = ()) -> Body:
        """Order an icecream, and return it as it was stored."""
        return self.icecreams.create(icecreams.manifest(name, *flavours, topping=topping))

    def change(self, name: str, **spec: object) -> None:
        """Change what an order says."""
        self.icecreams.patch(name, {"spec": spec})

    def cancel(self, *names: str) -> None:
        """Take orders back."""
        for name in names:
            self.icecreams.delete(name)

    @contextlib.contextmanager
    def forbidden(self, verb: str, resource: str, *, role: str = "demooperator-manager-role") -> Iterator[None]:
        """The operator must not `verb` the `resource`, which `role` allows, until the end of the `with`."""
        with rbac.without(self._client, OPERATOR, role, verb, icecreams.GROUP, resource):
            yield

    # What there is to see.

    def events(self, name: str) -> list[tuple[str, str]]:
        """Return reason and note of the Events about an icecream since the shop was opened.

        They are listed as they are: what others write as core/v1 lacks fields that the client's EventsV1Api insists on.
        """
        events: list[Body] = self._objects.list_namespaced_custom_object(*_EVENTS)["items"]
        return [(event["reason"], event["note"]) for event in events if event["regarding"].get("name") == name]

    def requests(self) -> list[AuditedRequest]:
        """Return what the operator has asked for since it was started, oldest first."""
        return list(audit_log.requests(self.cluster, OPERATOR, since=self._started_at))

    def writes(self, *names: str) -> list[AuditedRequest]:
        """Return what it has written since it was started, about these, or about all but the shop's own orders."""
        writes = [
            request for request in self.requests() if request.mutating and not request.name.startswith(probe.PREFIX)
        ]
        return [write for write in writes if write.name in names or not names]

    def last_error(self) -> LoggedError | None:
        """Return the last exception that the operator has logged with its traceback."""
        return diagnosis.last_error(self._probe.operator)

    # What a check expects.

    def expect(self, what: str, wanted: Mapping[str, View], *, look: str) -> None:
        """Wait until the icecreams look as `wanted`, each in the fields that are named; `look` is for when they don't.

        Raises:
            CheckFailedError: they don't.
        """

        def difference() -> str:
            views = {name: icecreams.view(self.icecreams.read(name)) for name in wanted}
            if all(icecreams.matches(views[name], fields) for name, fields in wanted.items()):
                return ""
            return "\n".join(f"{name}: {icecreams.describe(view)}" for name, view in views.items())

        rows = "\n".join(f"{name}: {icecreams.describe(fields)}" for name, fields in wanted.items())
        self.expect_that(f"{what}\n{rows}", difference, names=wanted.keys(), look=look)

    def expect_that(
        self, what: str, difference: Callable[[], str], *, names: Collection[str], look: str, within: float = 0
    ) -> None:
        """Wait until `difference` returns nothing; what it returns is what is seen instead.

        `names` are the icecreams that it is about: what the operator logs of others is no reason. `within` is how many
        seconds to wait where the operator can't see a probe.

        Raises:
            CheckFailedError: there is a difference.
        """

        def is_done() -> bool:
            return not difference()

        if within:
            done = self._probe.becomes_true(is_done, within)
        else:
            done = self._probe.becomes_true(is_done) or (
                self._probe.answers() and self._probe.becomes_true(is_done, _GRACE)
            )
        if not done:
            raise self._probe.error(what, difference(), names, look)

    def settle(self, *, look: str = "the operator's log") -> None:
        """Wait until the operator has dealt with all that happened before this call.

        Raises:
            CheckFailedError: it deals with nothing.
        """
        if not self._probe.answers():
            what = "the operator to look at an order and write its status, with the condition Ready"
            raise self._probe.error(what, self._probe.unanswered(), (), look)
