"""Tries the forms of the rule on the running system: what each refuses, in which words, what it costs, when it fails.

All of it is really done, and nothing stays: orders are dry runs but for three that are taken back, and the menu has a
line more for a moment. What the outcomes mean is for the lesson to say.
"""

import contextlib
import dataclasses
import json
import statistics
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from kubernetes.client import ApiException

from workshop.system.polling import eventually
from workshop.system.tempdir import temporary_directory
from workshop.webhook import forms, orders
from workshop.webhook.configuration import MENU, NAMESPACE
from workshop.webhook.errors import WebhookError
from workshop.webhook.forms import COMPARED, DOWN, NONE, POLICY, WEBHOOK, Form
from workshop.webhook.orders import REFUSED, STORED, Orders
from workshop.workspace.cluster import Cluster

OFF_THE_MENU, TOPPING_OF_NONE = "garlic", "anchovies"
_FLAVOURS = "vanilla", "matcha", "chocolate", "strawberry", "lemon"  # those of the schema
_STALE_PARAMETERS = """\
The API server still has the menu of before. When the last binding with a ConfigMap is deleted, it stops watching them,
and never begins again (kubernetes/kubernetes#130887). Until it is restarted: workshop down, workshop up."""
_QUOTA = 3
_LAG = 10.0  # seconds until a change has been noticed by whom it concerns, on a machine that is busy


@dataclass(frozen=True)
class Latency:
    """How long orders take that are stored, in seconds."""

    p50: float
    p99: float


@dataclass(frozen=True)
class Comparison:
    """`outcomes` say of each attempt what became of it by form; `words` are kubectl's, by what was refused."""

    outcomes: Mapping[str, Mapping[Form, str]]
    latencies: Mapping[Form, Latency]
    words: Mapping[str, str]


def compare(cluster: Cluster, rounds: int) -> Comparison:
    """Try all forms; for their latency each gets `rounds` orders.

    Raises:
        WebhookError: there is no flavour left to try it with.
        KubectlError: the API server won't have what is tried.
        ApiException: it doesn't answer as it should.
    """
    with temporary_directory() as folder:
        private = dataclasses.replace(cluster, folder=folder)  # so that kubectl forgets the copies
        with forms.served(private), orders.connected(private) as client:
            return _Trial(private, client, _flavour(client)).result(rounds)


class _Trial:
    """The attempts, in an order in which none disturbs another."""

    def __init__(self, cluster: Cluster, client: Orders, on_the_menu: str) -> None:
        self._cluster = cluster
        self._on_the_menu = on_the_menu
        self._orders = client
        self._outcomes: dict[str, dict[Form, str]] = {}
        self._words: dict[str, str] = {}

    def result(self, rounds: int) -> Comparison:
        for form in (*COMPARED, DOWN):
            self._attempt_until(STORED if form is NONE else REFUSED, form, OFF_THE_MENU)
        self._refuse()
        latencies = self._measure(rounds)
        self._renew_the_menu()
        self._take_the_menu_away()
        self._take_the_webhook_down()
        return Comparison(self._outcomes, latencies, self._words)

    def _refuse(self) -> None:
        self._try_each("a flavour that isn't on the menu", lambda form: self._orders.attempt(form, OFF_THE_MENU))
        self._try_each(
            "a topping that goes with none of its flavours",
            lambda form: self._orders.attempt(form, self._on_the_menu, topping=TOPPING_OF_NONE),
        )
        self._try_each("a fourth icecream of a flavour", self._attempt_fourth)
        for form in COMPARED:
            if form is not NONE:
                self._words[form.name] = orders.words(self._cluster, form, OFF_THE_MENU)

    def _attempt_fourth(self, form: Form) -> str:
        with self._orders.placed(form, _QUOTA, self._on_the_menu):
            if form is WEBHOOK:  # the operator has to see them first
                return self._attempt_until(REFUSED, form, self._on_the_menu)
            return self._orders.attempt(form, self._on_the_menu)

    def _measure(self, rounds: int) -> dict[Form, Latency]:
        """One after the other in turn, so that what else the machine does is the same for all."""
        self._attempt_until(STORED, WEBHOOK, self._on_the_menu)  # those that were taken back have to be gone
        seconds: dict[Form, list[float]] = {form: [] for form in COMPARED}
        for _ in range(rounds):
            for form in COMPARED:
                seconds[form].append(self._orders.seconds(form, self._on_the_menu))
        return {form: Latency(statistics.median(taken), _p99(taken)) for form, taken in seconds.items()}

    def _renew_the_menu(self) -> None:
        with _with_flavour(self._cluster, OFF_THE_MENU):
            self._attempt_until(STORED, WEBHOOK, OFF_THE_MENU)
            if self._attempt_until(STORED, POLICY, OFF_THE_MENU) == REFUSED:
                self._words[f"{POLICY.name}, another menu"] = _STALE_PARAMETERS
            self._try_each(
                "a flavour that has just come onto the menu", lambda form: self._orders.attempt(form, OFF_THE_MENU)
            )

    def _take_the_menu_away(self) -> None:
        patch = {"spec": {"paramRef": {"name": "no-menu"}}}
        self._patch(f"validatingadmissionpolicybinding/{forms.POLICY_NAME}", patch, patch_type="merge")
        without = self._attempt_until(REFUSED, POLICY, self._on_the_menu)
        self._outcomes["anything, while there is no menu"] = {POLICY: without}
        self._words[f"{POLICY.name}, no menu"] = orders.words(self._cluster, POLICY, self._on_the_menu)

    def _take_the_webhook_down(self) -> None:
        down = self._orders.attempt(DOWN, self._on_the_menu)
        self._words[f"{WEBHOOK.name}, down"] = orders.words(self._cluster, DOWN, self._on_the_menu)
        ignore = [{"op": "replace", "path": "/webhooks/0/failurePolicy", "value": "Ignore"}]
        self._patch(f"validatingwebhookconfiguration/{DOWN.crd}", ignore, patch_type="json")
        ignored = self._attempt_until(STORED, DOWN, self._on_the_menu)
        self._outcomes["anything, while it is down (Fail)"] = {WEBHOOK: down}
        self._outcomes["anything, while it is down (Ignore)"] = {WEBHOOK: ignored}

    def _patch(self, which: str, patch: object, *, patch_type: str) -> None:
        self._cluster.kubectl("patch", which, f"--type={patch_type}", f"-p={json.dumps(patch)}")

    def _try_each(self, attempt: str, outcome: Callable[[Form], str]) -> None:
        self._outcomes[attempt] = {form: outcome(form) for form in COMPARED}

    def _attempt_until(self, wanted: str, form: Form, flavour: str) -> str:
        """Return what becomes of an order once that is `wanted`, or what still becomes of it after a while."""
        seen = ""

        def look() -> None:
            nonlocal seen
            seen = self._orders.attempt(form, flavour)
            assert seen == wanted

        with contextlib.suppress(AssertionError):
            eventually(look, within=_LAG, retry_on=(AssertionError, ApiException))
        return seen


def _flavour(client: Orders) -> str:
    for flavour in _FLAVOURS:
        if client.attempt(WEBHOOK, flavour) != REFUSED:
            return flavour
    raise WebhookError(f"None of {', '.join(_FLAVOURS)} is left: each is sold out or not on the menu. Cancel some.")


@contextlib.contextmanager
def _with_flavour(cluster: Cluster, flavour: str) -> Iterator[None]:
    """A flavour is on the menu inside the `with`, and then the menu is as it was."""
    flavours = cluster.get("configmap", MENU, f"-n={NAMESPACE}")["data"]["flavours"]
    try:
        _write_menu(cluster, f"{flavours}\n{flavour}:\n")
        yield
    finally:
        _write_menu(cluster, flavours)


def _write_menu(cluster: Cluster, flavours: str) -> None:
    patch = json.dumps({"data": {"flavours": flavours}})
    cluster.kubectl("patch", "configmap", MENU, f"-n={NAMESPACE}", "--type=merge", f"-p={patch}")


def _p99(seconds: list[float]) -> float:
    return statistics.quantiles(seconds, n=100, method="inclusive")[-1]
