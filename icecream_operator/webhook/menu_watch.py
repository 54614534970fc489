"""Keeps the menu as it is in the cluster now: lists and watches one ConfigMap, again and again (client-go: Reflector).

It isn't left to kopf, which would watch all ConfigMaps of the cluster: RBAC allows this one alone, by its name, and so
does the fieldSelector. A watch may end at any time, for whatever reason: it was long enough, it was cut, its
resourceVersion is no longer known (410 Gone). Each time the answer is a new list, which says all.
"""

import logging
from collections.abc import Callable, Mapping
from contextlib import aclosing
from typing import Any

from kubernetes.aio.client import ApiClient

from icecream_operator.webhook.menu import MISSING, NAME, NAMESPACE, Menu, parse
from reconciling import rest_client
from reconciling.errors import NotFound, Retry, translated
from reconciling.workqueue import WorkQueue

PATH = f"/api/v1/namespaces/{NAMESPACE}/configmaps"
KEY = "menu"
SECONDS = 300  # that a watch lasts
PAUSE = 1.0  # seconds between two watches
logger = logging.getLogger(__name__)


class MenuWatch:
    """A controller with one key, whose reconcile lasts as long as a watch. `menu` is None if there is none.

    `on_change` is called after each change.
    """

    def __init__(self, queue: WorkQueue[str], api: Callable[[], ApiClient], on_change: Callable[[], None]) -> None:
        self.menu: Menu | None = None
        self._listed = False
        self.queue = queue
        self._api = api
        self._on_change = on_change
        self.start()

    def start(self) -> None:
        """Have a list and a watch; if there is a watch, then after it."""
        self.queue.add(KEY)

    def missing(self) -> str:
        """Say why there is no menu, if there is none."""
        if not self._listed:
            return "the menu hasn't been read yet"
        return MISSING if self.menu is None else ""

    async def reconcile(self, _key: str) -> None:
        """List, and watch until the watch ends.

        Raises:
            Retry: it couldn't be listed, or the watch broke.
        """
        selector = {"fieldSelector": f"metadata.name={NAME}"}
        try:
            with translated("reading the menu"):
                listed = await rest_client.get(self._api(), PATH, **selector)
                self._take_over(next(iter(listed["items"]), None))
                self.queue.forget(KEY)  # what broke before is over
                version = listed["metadata"]["resourceVersion"]
                events = rest_client.watch(self._api(), PATH, SECONDS, resourceVersion=version, **selector)
                async with aclosing(events):
                    async for event in events:
                        self._on_event(event["type"], event["object"])
        except NotFound as error:
            raise Retry(str(error)) from error
        self.queue.add_after(KEY, PAUSE)

    def _on_event(self, event_type: str, body: Mapping[str, Any]) -> None:
        if event_type == "ERROR":
            raise Retry(f"watching the menu: {body.get('message')}")
        self._take_over(None if event_type == "DELETED" else body)

    def _take_over(self, config_map: Mapping[str, Any] | None) -> None:
        menu = parse(config_map) if config_map is not None else None
        if self._listed and menu == self.menu:
            return
        self.menu, self._listed = menu, True
        if menu is None:
            logger.warning("%s", self.missing())
        else:
            logger.info("On the menu: %s", ", ".join(menu.flavours) or "nothing")
        self._on_change()
