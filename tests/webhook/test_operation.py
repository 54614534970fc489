"""The webhook as a part of the operator: when it is there, and what it does for the rest."""

import pytest

from tests.operator.shop import eventually_ready, eventually_says
from tests.webhook import orders
from workshop.system.polling import eventually
from workshop.testing import crd
from workshop.testing.icecreams import manifest
from workshop.testing.operator_process import OperatorProcess
from workshop.testing.shop import Shop

ITS_OWN = {"configmaps", "services", "services/status"}


@pytest.mark.parametrize("options", [(), ("--webhook-bind-address=127.0.0.1:9443",)])
def test_without_a_folder_for_its_certificate_there_is_no_webhook(shop: Shop, options: tuple[str, ...]) -> None:
    with shop.operator(*options) as operator:
        eventually_says(operator, "The cache is synced")
        assert orders.NOT_ASKED in orders.create(shop.cluster, manifest("a", "matcha"))
        assert ITS_OWN & {request.resource for request in shop.requests()} == set()
        assert "webhook" not in operator.output()


def test_it_is_asked_while_the_operator_works(shop: Shop, operator: OperatorProcess) -> None:
    """Finalizers and statuses that the operator writes are none of the webhook's business."""
    for number in range(3):
        assert "created" in orders.create(shop.cluster, manifest(f"ice-{number}", "matcha"))
    eventually_ready(shop, **{f"ice-{number}": "Sold" for number in range(3)})
    assert "Refused" not in operator.output()


@pytest.mark.slow
def test_it_answers_again_after_the_crd_was_gone(shop: Shop, operator: OperatorProcess) -> None:
    shop.cluster.kubectl("delete", "-f", crd.CRD)
    eventually_says(operator, "doesn't know icecreams")
    crd.establish(shop.cluster)
    orders.eventually_created(shop, manifest("a", "matcha"))
    orders.set_menu(shop, "saffron:")
    eventually_says(operator, "On the menu: saffron\n")
    eventually(lambda: _assert_says_last(operator, orders.ANSWERS))
    assert "Unsupported value" in orders.refused(orders.create(shop.cluster, manifest("b", "matcha")))


def _assert_says_last(operator: OperatorProcess, words: str) -> None:
    said = [line for line in operator.output().splitlines() if "The webhook " in line]
    assert words in said[-1], said
