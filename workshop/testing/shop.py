"""The shop in which a lesson's checks see an operator at work: icecreams on a real API server, and what is done there.

A check orders, changes and cancels as customers do, and says what the API server shall show in the end. If it doesn't,
the check says what it shows instead, and what the operator said last.

How long to wait? An operator that has dealt with an order that came later won't come back to an earlier one by itself.
So one that isn't done in an instant is given a later order, as a bell: when that is served, the time is up. This way a
slow machine makes no check red, and a wrong operator none slow.
"""

import contextlib
import itertools
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any, TypeAlias

from kubernetes import config
from kubernetes.client import ApiException, CustomObjectsApi, EventsV1Api

from workshop.system import processes
from workshop.testing import audit_log, operator_log, operator_process, rbac
from workshop.testing.audit_log import AuditedRequest
from workshop.testing.failures import CheckFailedError, students_files
from workshop.testing.operator_log import LoggedError
from workshop.testing.operator_process import ForkedOperator
from workshop.workspace import operators
from workshop.workspace.cluster import CHECKOUT, Cluster

Body: TypeAlias = dict[str, Any]
View: TypeAlias = Mapping[str, object]  # of an icecream: the fields of its status, and its condition Ready in words

GONE: View = {"there": False}
SOLD = "True (Sold)"
OVERSOLD = "False (Oversold)"

_GROUP = "demo.lva.io"
_ICECREAMS = (_GROUP, "v1", "icecreams")
_NOT_FOUND = 404
_MERGE_PATCH = "application/merge-patch+json"
_BELL = "zz-bell-"
_OPERATOR = operators.OPERATORS["operator"]
_ROLE = "demooperator-manager-role"

_INSTANT = 0.5  # seconds in which an operator mostly is done
_PATIENCE = 20.0  # seconds for the bell
_GRACE = 1.0  # seconds after the bell for what had to be tried again
_EVERY = 0.05


class Shop:
    """Icecreams, and at most one operator."""

    def __init__(self, cluster: Cluster) -> None:
        operator_process.prepare()
        self.cluster = cluster
        self._client = config.new_client_from_config(str(cluster.kubeconfig))  # type: ignore[no-untyped-call]
        self._objects: Any = CustomObjectsApi(self._client)
        self._events: Any = EventsV1Api(self._client)
        self._operator: ForkedOperator | None = None
        self.error_before: LoggedError | None = None
        self._bells = itertools.count(1)
        self._bell = ""
        self._mute = False
        self._began = audit_log.end(cluster)
        self._old_events = {each.metadata.name for each in self._told()}

    @cached_property
    def identity(self) -> Path:
        """The operator's kubeconfig; the first look at it makes its service account and roles."""
        return operators.log_in(_OPERATOR, self.cluster)

    @contextlib.contextmanager
    def served_by(self, *arguments: str, identity: Path | None = None) -> Iterator[ForkedOperator]:
        """The operator as a process, killed at the end of the `with`; `identity` is another kubeconfig of the same."""
        log = self.cluster.folder / f"{_OPERATOR.name}.log"
        log.unlink(missing_ok=True)
        self._began = audit_log.end(self.cluster)
        self._operator, self._mute = ForkedOperator(identity or self.identity, log, *arguments), False
        try:
            yield self._operator
        finally:
            self._operator.kill()

    def crash(self) -> None:
        """Kill the operator, once it has dealt with all that happened before."""
        assert self._operator
        self.settle(look="its log")
        self._operator.kill()
        self.error_before = self.trouble()  # the next one has the log for itself

    # What customers do.

    def order(self, name: str, *flavours: str, topping: Sequence[str] = ()) -> None:
        """Order an icecream."""
        spec = {"flavour": list(flavours), "topping": list(topping)}
        manifest = {"apiVersion": f"{_GROUP}/v1", "kind": "Icecream", "metadata": {"name": name}, "spec": spec}
        self._objects.create_cluster_custom_object(*_ICECREAMS, manifest)

    def change(self, name: str, **spec: object) -> None:
        """Change what an order says."""
        self._objects.patch_cluster_custom_object(*_ICECREAMS, name, {"spec": spec}, _content_type=_MERGE_PATCH)

    def cancel(self, *names: str) -> None:
        """Take orders back."""
        for name in names:
            self._objects.delete_cluster_custom_object(*_ICECREAMS, name)

    # What the API server shows.

    def is_open(self) -> bool:
        """Whether the API server serves icecreams by now."""
        try:
            self._objects.list_cluster_custom_object(*_ICECREAMS)
        except ApiException:
            return False
        return True

    def icecream(self, name: str) -> Body | None:
        """An icecream, if there is one of that name."""
        try:
            found: Body = self._objects.get_cluster_custom_object(*_ICECREAMS, name)
        except ApiException as error:
            if error.status != _NOT_FOUND:
                raise
            return None
        return found

    def events(self, name: str) -> list[tuple[str, str]]:
        """Reason and note of the Events about an icecream since the shop was opened."""
        told = [each for each in self._told() if each.metadata.name not in self._old_events]
        return [(each.reason, each.note) for each in told if each.regarding.name == name]

    def requests(self) -> list[AuditedRequest]:
        """What the operator has asked for since it was started, oldest first."""
        return list(audit_log.requests(self.cluster, _OPERATOR, since=self._began))

    def writes(self, *names: str) -> list[AuditedRequest]:
        """What it has written since it was started, about these, or all but what the shop has ordered itself."""
        writes = [each for each in self.requests() if each.writes and not each.name.startswith(_BELL)]
        return [each for each in writes if each.name in names or not names]

    def trouble(self) -> LoggedError | None:
        """The last exception that the operator has logged with its traceback."""
        assert self._operator
        return operator_log.trouble(self._operator.output(), CHECKOUT, students_files(CHECKOUT))

    # What a check expects.

    def expect(self, what: str, wanted: Mapping[str, View], *, look: str) -> None:
        """Wait until the icecreams look as `wanted`, each in the fields that are named; `look` is for when they don't.

        Raises:
            CheckFailedError: they don't.
        """

        def difference() -> str:
            views = {name: _view(self.icecream(name)) for name in wanted}
            if all(_has(views[name], fields) for name, fields in wanted.items()):
                return ""
            return "\n".join(f"{name}: {_words(view)}" for name, view in views.items())

        rows = "\n".join(f"{name}: {_words(fields)}" for name, fields in wanted.items())
        self.expect_that(f"{what}\n{rows}", difference, look=look)

    def expect_that(self, what: str, difference: Callable[[], str], *, look: str, within: float = 0) -> None:
        """Wait until `difference` returns nothing; what it returns is what is seen instead.

        `within` is how many seconds to wait where the operator can't hear the bell.

        Raises:
            CheckFailedError: it goes on to return something.
        """
        if self._becomes_empty(difference, within or _INSTANT):
            return
        if within or not self._rings() or not self._becomes_empty(difference, _GRACE):
            raise self._failed(what, difference(), look)

    def settle(self, *, look: str) -> None:
        """Wait until the operator has dealt with all that happened before this call.

        Raises:
            CheckFailedError: it doesn't.
        """
        if not self._rings():
            seen = f"{self._bell}: {_words(_view(self.icecream(self._bell)))}" if self._mute else "it does not"
            raise self._failed(
                "the operator to look at an order and write its status, with the condition Ready", seen, look
            )

    def _told(self) -> list[Any]:
        return [each for each in self._events.list_namespaced_event("default").items if each.regarding]

    def _becomes_empty(self, difference: Callable[[], str], within: float) -> bool:
        deadline = time.monotonic() + within
        while difference():
            if time.monotonic() > deadline or not self._may_still_act():
                return not difference()
            time.sleep(_EVERY)
        return True

    def _rings(self) -> bool:
        """Order something nobody else wants, and say whether the operator serves it."""
        if self._mute or not self._may_still_act():
            return False
        self._bell = f"{_BELL}{next(self._bells)}"
        self.order(self._bell, self._bell)

        def silent() -> str:
            return "" if "Ready" in _view(self.icecream(self._bell)) else "no status"

        self._mute = not self._becomes_empty(silent, _PATIENCE)
        return not self._mute

    def _may_still_act(self) -> bool:
        """Whether it runs, and has not come upon something that isn't written yet."""
        if self._operator is None or not self._operator.runs:
            return False
        return not operator_log.not_written(self._operator.output())

    def _failed(self, what: str, seen: str, look: str) -> CheckFailedError:
        assert self._operator
        output = self._operator.output()
        lines = [seen]
        if (code := self._operator.code) is not None:
            lines.append(f"the operator has ended: {processes.ended(code)}")
        if missing := operator_log.not_written(output):
            lines.append(f"the operator has come upon what isn't written yet: {missing}")
        elif told := self.trouble() or operator_log.never_awaited(output, CHECKOUT):
            lines.append(f"the operator fails: {told.words}")
            look = told.place or look
        elif code is not None:
            lines.append("nobody has ended it: is there a call of sys.exit or os._exit?")
        else:
            if self._mute and not any(each.name == self._bell for each in self.requests()):
                lines.append("it asks for nothing about a new order either: does something block (time.sleep, a loop)?")
            lines += [f"the operator logs {line}" for line in operator_log.last_words(output)]
        return CheckFailedError(expected=what, seen="\n".join(lines), look=look)

    @contextlib.contextmanager
    def forbidden(self, verb: str, resource: str) -> Iterator[None]:
        """The operator must not `verb` the `resource`, until the end of the `with`."""
        with rbac.without(self._client, _OPERATOR, _ROLE, verb, _GROUP, resource):
            yield


def _view(icecream: Body | None) -> View:
    if icecream is None:
        return GONE
    status = icecream.get("status", {})
    view = {field: status[field] for field in ("soldOut", "toppingsCount", "observedGeneration") if field in status}
    for condition in status.get("conditions", ()):
        if condition["type"] == "Ready":
            view["Ready"] = f"{condition['status']} ({condition['reason']})"
    return view


def _has(view: View, fields: View) -> bool:
    return view == GONE if fields == GONE else all(view.get(field) == value for field, value in fields.items())


def _words(view: View) -> str:
    if view == GONE:
        return "there is no such icecream"
    told = [f"{field} {str(value).lower() if isinstance(value, bool) else value}" for field, value in view.items()]
    return ", ".join(told) or "it has no status"
