"""What goes between `manager`, which runs the operator, and `steps`, which says what it is made of."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeAlias

import kopf
from kubernetes.aio.client import ApiClient
from prometheus_client import CollectorRegistry

from icecream_operator.cache import Cache
from icecream_operator.client import Icecreams
from icecream_operator.reconciliation import Step
from reconciling.controller import Controller
from reconciling.events import EventRecorder
from reconciling.workqueue import WorkQueue

OnEvent: TypeAlias = Callable[[str | None, Mapping[str, Any]], None]
"""What is called with an event of the watch: its type (None for one of a list) and the icecream."""


@dataclass(frozen=True)
class Parts:
    """What steps are built from: `queue` is that of the icecreams' names.

    `new_queue(base, cap)` makes another one, whose back-off grows between these two, in seconds.
    """

    api: Callable[[], ApiClient]
    icecreams: Icecreams
    events: EventRecorder
    cache: Callable[[], Cache]
    queue: WorkQueue[str]
    new_queue: Callable[[float, float], WorkQueue[Any]]
    now: Callable[[], datetime]
    metrics: CollectorRegistry


@dataclass(frozen=True)
class Operation:
    """The steps of a reconcile, the controllers beside it, and what is called after the reconciler.

    `on_list` is called after each complete list, `on_event` after each event of the watch. `handlers` names what else
    kopf calls, each time before it begins. `ready` is what /readyz asks, besides for the first complete list.
    """

    steps: Sequence[Step] = ()
    controllers: Sequence[Controller[Any]] = ()
    on_list: Callable[[], None] = lambda: None
    on_event: OnEvent = lambda _event_type, _body: None
    handlers: Callable[[kopf.OperatorRegistry], None] = lambda _registry: None
    ready: Callable[[], bool] = lambda: True
