"""Not ready until there is a certificate, a menu, and a complete list; and who says so."""

import shutil
from http import HTTPStatus
from pathlib import Path

import pytest

from icecream_operator.webhook import menu
from icecream_operator.webhook.readiness import Requirement, condition
from tests.operator.shop import eventually_ready, eventually_says
from tests.operator.test_health import FREE, address, status
from tests.webhook import orders
from workshop.system.polling import eventually
from workshop.testing.icecreams import manifest
from workshop.testing.operator_process import OperatorProcess
from workshop.testing.shop import Shop
from workshop.webhook.configuration import NAMESPACE, SERVICE
from workshop.webhook.installation import Installation

MENU = Requirement("NoMenu", lambda: "there is no menu")
CERTIFICATE = Requirement("NoCertificate", lambda: "there is no certificate")
LIST = Requirement("NotSynced", lambda: "")


def test_the_condition_names_all_that_is_missing_and_the_first_is_the_reason() -> None:
    missing = condition([LIST, CERTIFICATE, MENU])
    assert (missing.status, missing.reason) == (False, "NoCertificate")
    assert missing.message == "The webhook doesn't answer: there is no certificate; there is no menu"
    there = condition([LIST])
    assert (there.status, there.reason, there.message) == (True, "Serving", orders.ANSWERS)


@pytest.fixture
def installed(asking: tuple[object, Installation], shop: Shop) -> Installation:
    """What is installed; the Service says nothing of an operator before."""
    shop.cluster.kubectl(
        "patch",
        "service",
        SERVICE,
        f"-n={NAMESPACE}",
        "--subresource=status",
        "--type=merge",
        '-p={"status":{"conditions":null}}',
    )
    shop.cluster.kubectl("delete", "events.events.k8s.io", "--all", f"-n={NAMESPACE}")
    return asking[1]


def says(shop: Shop) -> tuple[str, str, str]:
    """Status, reason and message of the Service's condition."""
    conditions = shop.cluster.get("service", SERVICE, f"-n={NAMESPACE}")["status"].get("conditions", [])
    (ready,) = (each for each in conditions if each["type"] == "WebhookReady")
    return ready["status"], ready["reason"], ready["message"]


def eventually_says_of_the_service(shop: Shop, status: str, reason: str, message: str) -> None:
    def look() -> None:
        assert says(shop) == (status, reason, message)
        events = shop.cluster.get("events.events.k8s.io", f"-n={NAMESPACE}")["items"]
        seen = [(each["regarding"]["name"], each["reason"], each["note"]) for each in events]
        assert (SERVICE, reason, message) in seen

    eventually(look, retry_on=(AssertionError, ValueError))


def test_without_a_certificate_it_waits_says_so_and_takes_it_up(
    shop: Shop, installed: Installation, tmp_path: Path
) -> None:
    empty = tmp_path / "certificates"
    bind = installed.operator_arguments[2:]
    missing = f"The webhook doesn't answer: there is no certificate in {empty}"
    with shop.operator("--webhook-cert-dir", str(empty), *bind, f"--health-probe-bind-address={FREE}") as operator:
        eventually_says(operator, f"WARNING ] {missing}\n", "The cache is synced")
        eventually_says_of_the_service(shop, "False", "NoCertificate", missing)
        assert status(address(operator, "/readyz")) == HTTPStatus.SERVICE_UNAVAILABLE
        assert orders.NOT_ASKED in orders.create(shop.cluster, manifest("a", "matcha"))
        shutil.copytree(installed.cert_dir, empty)
        eventually_says(operator, f"INFO    ] {orders.ANSWERS}\n")
        eventually_says_of_the_service(shop, "True", "Serving", orders.ANSWERS)
        assert status(address(operator, "/readyz")) == HTTPStatus.OK
        assert "created" in orders.create(shop.cluster, manifest("a", "matcha"))


def test_without_a_menu_it_waits_and_says_so(shop: Shop, installed: Installation) -> None:
    shop.cluster.kubectl("delete", "configmap", "menu", f"-n={NAMESPACE}")
    missing = f"The webhook doesn't answer: {menu.MISSING}"
    with shop.operator(*installed.operator_arguments, f"--health-probe-bind-address={FREE}") as operator:
        eventually_says(operator, missing)
        eventually_says_of_the_service(shop, "False", "NoMenu", missing)
        assert status(address(operator, "/readyz")) == HTTPStatus.SERVICE_UNAVAILABLE
        assert orders.NOT_ASKED in orders.create(shop.cluster, manifest("a", "matcha"))
        orders.set_menu(shop, "matcha:")
        eventually_says(operator, orders.ANSWERS)
        assert status(address(operator, "/readyz")) == HTTPStatus.OK


def test_a_restart_costs_no_write(shop: Shop, arguments: tuple[str, ...]) -> None:
    for name in "ab":
        with shop.operator(*arguments) as operator:
            eventually_says(operator, orders.ANSWERS)
            eventually(lambda: _assert_equal("services" in {request.resource for request in shop.requests()}, True))
            shop.order(name, "matcha")
            eventually_ready(shop, **{name: "Sold"})
    assert {write.name for write in shop.writes()} == {"b"}


def test_a_pair_that_is_refused_is_an_event_about_the_service(
    shop: Shop, installed: Installation, tmp_path: Path
) -> None:
    folder = shutil.copytree(installed.cert_dir, tmp_path / "certificates")
    with shop.operator("--webhook-cert-dir", str(folder), *installed.operator_arguments[2:]) as operator:
        eventually_says(operator, orders.ANSWERS)
        (folder / "tls.key").write_text("half")
        note = "tls.key holds no unencrypted private key in PEM, or only a part of one"
        eventually(lambda: _assert_event(shop, "CertificateRefused", note))
        assert "created" in orders.create(shop.cluster, manifest("a", "matcha"))


def test_a_port_that_is_taken_is_named(
    operator: OperatorProcess, shop: Shop, arguments: tuple[str, ...], tmp_path: Path
) -> None:
    second = OperatorProcess(shop.identity, tmp_path / "second.log", *arguments)
    try:
        eventually(lambda: _assert_equal(second.is_alive, False))
    finally:
        second.kill()
    assert second.exit_code == 2
    assert f"icecream_operator: {arguments[-1]} can't be listened on: " in second.output()
    assert "Traceback" not in second.output()
    assert operator.is_alive
    assert "created" in orders.create(shop.cluster, manifest("a", "matcha"))


def _assert_event(shop: Shop, reason: str, note: str) -> None:
    events = shop.cluster.get("events.events.k8s.io", f"-n={NAMESPACE}")["items"]
    assert [event for event in events if event["reason"] == reason and event["note"].startswith(note)], events


def _assert_equal(seen: object, expected: object) -> None:
    assert seen == expected
