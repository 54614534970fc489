"""Orders of icecreams and of their copies, by the kubernetes client, and what becomes of them."""

import contextlib
import json
import time
from collections.abc import Iterator
from http import HTTPStatus
from typing import Any

from kubernetes.client import ApiException, CustomObjectsApi

from workshop.testing import icecreams
from workshop.webhook.forms import Form
from workshop.workspace.cluster import Cluster

REFUSED, STORED, WARNED = "refused", "stored", "warned"
_VERSION = "v1"


def manifest(form: Form, name: str, *flavours: str, topping: str = "") -> dict[str, Any]:
    """Return an order of the kind that `form` is before."""
    toppings = [topping] if topping else []
    return icecreams.manifest(name, *flavours, topping=toppings) | {"apiVersion": f"{form.group}/{_VERSION}"}


class Orders:
    """Orders as an admin's. What is wrong otherwise than by a refusal is raised as the client's own ApiException."""

    def __init__(self, client: CustomObjectsApi) -> None:
        self._objects: Any = client

    def attempt(self, form: Form, *flavours: str, topping: str = "") -> str:
        """Return what would become of an order, asked as a dry run."""
        body = manifest(form, "compare", *flavours, topping=topping)
        try:
            _, _, headers = self._objects.create_cluster_custom_object_with_http_info(*_path(form), body, dry_run="All")
        except ApiException as error:
            if error.status in (HTTPStatus.NOT_FOUND, HTTPStatus.TOO_MANY_REQUESTS):
                raise  # not served, or not at this moment
            return REFUSED
        return WARNED if "Warning" in headers else STORED

    def seconds(self, form: Form, *flavours: str) -> float:
        """Return how long an order takes, as a dry run that is stored."""
        body = manifest(form, "compare", *flavours)
        began = time.perf_counter()
        self._objects.create_cluster_custom_object(*_path(form), body, dry_run="All")
        return time.perf_counter() - began

    def _create(self, form: Form, name: str, flavour: str) -> bool:
        """Whether it is there then; somebody who was killed may have left it."""
        try:
            self._objects.create_cluster_custom_object(*_path(form), manifest(form, name, flavour))
        except ApiException as error:
            return bool(error.status == HTTPStatus.CONFLICT)
        return True

    @contextlib.contextmanager
    def placed(self, form: Form, count: int, flavour: str) -> Iterator[None]:
        """That many of a flavour are there inside the `with`, or as many of them as are not refused."""
        names = [f"compare-{number}" for number in range(count)]
        created: list[str] = []
        try:
            created.extend(name for name in names if self._create(form, name, flavour))
            yield
        finally:
            for name in created:
                self._objects.delete_cluster_custom_object(*_path(form), name)


@contextlib.contextmanager
def connected(cluster: Cluster) -> Iterator[Orders]:
    """A connection that is kept for all orders."""
    with icecreams.connected(cluster.kubeconfig) as client:
        yield Orders(CustomObjectsApi(client))


def words(cluster: Cluster, form: Form, *flavours: str) -> str:
    """Return what kubectl prints when such an order is given."""
    order = json.dumps(manifest(form, "compare", *flavours))
    return cluster.kubectl("create", "--dry-run=server", "-f", "-", stdin=order, check=False).strip()


def _path(form: Form) -> tuple[str, str, str]:
    return form.group, _VERSION, form.plural
