"""What lies in `deploy/` for admission, applied to a real API server as it is."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from workshop.system.polling import eventually
from workshop.testing import icecreams
from workshop.testing.control_plane import ControlPlane
from workshop.workspace.cluster import Cluster

PATCHES = ["deploy/crds/patches/enum.yaml", "deploy/crds/patches/validation_rule.yaml"]


def dry_run(cluster: Cluster, *flavours: str, **spec: Any) -> dict[str, Any]:
    """Return what would be stored."""
    order = icecreams.manifest("cone", *flavours) | {"spec": {"flavour": flavours, **spec}}
    stored: dict[str, Any] = json.loads(
        cluster.kubectl("create", "--dry-run=server", "-o=json", "-f", "-", stdin=json.dumps(order))
    )
    return stored


@contextmanager
def applied(cluster: Cluster, *folders: str) -> Iterator[None]:
    for folder in folders:
        cluster.kubectl("apply", "-k", folder)
    try:
        yield
    finally:
        for folder in reversed(folders):
            cluster.kubectl("delete", "--ignore-not-found", "-k", folder)


@pytest.fixture
def namespace(cluster: Cluster) -> None:
    cluster.kubectl("apply", "--server-side", "-f", "deploy/operator/namespace.yaml")


@pytest.mark.usefixtures("namespace")
@pytest.mark.parametrize("folder", ["deploy/webhook", "deploy/policies/validating", "deploy/policies/mutating"])
def test_an_api_server_takes_them(cluster: Cluster, folder: str) -> None:
    shown = cluster.kubectl("apply", "--server-side", "--dry-run=server", "-k", folder)
    assert all("serverside-applied" in line for line in shown.splitlines())


@pytest.mark.parametrize("patch", PATCHES)
def test_the_crd_takes_its_patches(cluster: Cluster, patch: str) -> None:
    crd = "crd", "icecreams.demo.lva.io"
    assert "patched" in cluster.kubectl("patch", *crd, "--type=json", f"--patch-file={patch}", "--dry-run=server")


@pytest.mark.slow
def test_the_policy_reads_the_menu_and_leaves_alone_whose_spec_stays(fresh: ControlPlane) -> None:
    fresh.kubectl("apply", "--server-side", "-f", "deploy/operator/namespace.yaml")
    order = json.dumps(icecreams.manifest("fish", "fish"))
    fresh.kubectl("create", "-f", "-", stdin=order)
    with applied(fresh, "deploy/webhook", "deploy/policies/validating"):
        fresh.kubectl("delete", "-f", "deploy/webhook/validating_webhook_configuration.yaml")
        eventually(lambda: _assert_refused(fresh, "not on the menu: fish, salt; there is chocolate, lemon, matcha"))
        assert dry_run(fresh, "vanilla")
        fresh.kubectl("label", "icecream", "fish", "size=small")
        fresh.kubectl("delete", "configmap", "menu", "-n=demooperator-system")
        eventually(lambda: _assert_refused(fresh, "no params found"))


def test_who_says_nothing_of_toppings_gets_cream(cluster: Cluster) -> None:
    with applied(cluster, "deploy/policies/mutating"):
        eventually(lambda: _assert_topping(dry_run(cluster, "vanilla"), ["cream"]))
        assert dry_run(cluster, "vanilla", topping=[])["spec"]["topping"] == []
        assert dry_run(cluster, "vanilla", topping=["sprinkles"])["spec"]["topping"] == ["sprinkles"]


def _assert_refused(cluster: Cluster, words: str) -> None:
    order = json.dumps(icecreams.manifest("cone", "fish", "salt"))
    assert words in cluster.kubectl("create", "--dry-run=server", "-f", "-", stdin=order, check=False)


def _assert_topping(stored: dict[str, Any], topping: list[str]) -> None:
    assert stored["spec"].get("topping") == topping
