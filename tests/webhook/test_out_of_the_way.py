"""Where the webhook has nothing to say: by `matchConditions` while it is down, and in the handler without them.

Bugs 11 and 13 of the lecture.
"""

import contextlib
import json
from collections.abc import Callable, Iterator
from functools import partial

import pytest
import yaml

from tests.operator.shop import CRD, HOLD, apply_crd, eventually_ready, eventually_says
from tests.webhook import orders
from workshop.system.polling import eventually
from workshop.testing.icecreams import manifest
from workshop.testing.shop import Shop
from workshop.webhook.configuration import CONFIGURATION

KIND = "validatingwebhookconfiguration"


@pytest.fixture
def old(shop: Shop, arguments: tuple[str, ...]) -> Shop:
    """A shop with an icecream of a flavour that isn't on the menu any more, held by a finalizer; nobody answers."""
    with shop.operator(*arguments) as operator:
        eventually_says(operator, orders.ANSWERS)
        assert " created" in orders.create(shop.cluster, manifest("old", "matcha", finalizers=[HOLD]))
        eventually_ready(shop, old="Sold")
    orders.set_menu(shop, "saffron:")
    return shop


@contextlib.contextmanager
def configured(shop: Shop, field: str, value: object, is_in_force: Callable[[Shop], bool]) -> Iterator[None]:
    """The webhook has another `field` inside the `with`; None is: it has none."""
    before = shop.cluster.get(KIND, CONFIGURATION)["webhooks"][0][field]

    def look(in_force: bool) -> None:
        assert is_in_force(shop) is in_force

    def configure(value: object, *, in_force: bool) -> None:
        patch = json.dumps([{"op": "add", "path": f"/webhooks/0/{field}", "value": value}])
        shop.cluster.kubectl("patch", KIND, CONFIGURATION, "--type=json", f"--patch={patch}")
        eventually(partial(look, in_force=in_force))

    configure(value, in_force=True)
    try:
        yield
    finally:
        configure(before, in_force=False)


def asks_about_labels(shop: Shop) -> bool:
    """Whether the API server asks about an update that changes a label only, as long as nobody answers."""
    printed = shop.cluster.kubectl("label", "icecream", "old", "asked=yes", "--dry-run=server", check=False)
    return orders.NOT_ASKED in printed


def asks_nobody(shop: Shop) -> bool:
    """Whether a create passes though nobody answers."""
    return orders.NOT_ASKED not in orders.create(shop.cluster, manifest("asked", "saffron"), "--dry-run=server")


def label_and_let_go(shop: Shop) -> None:
    """Do what must be possible with an icecream whose spec nobody would take today."""
    shop.cluster.kubectl("label", "icecream", "old", "table=7")
    shop.icecreams.patch_status("old", {"soldOut": True})
    shop.cancel("old")
    shop.icecreams.patch("old", {"metadata": {"finalizers": None}})
    orders.eventually_gone(shop, "old")


def test_while_nobody_answers_nothing_new_is_stored(old: Shop) -> None:
    assert orders.NOT_ASKED in orders.create(old.cluster, manifest("a", "saffron"))
    assert orders.NOT_ASKED in orders.change(old.cluster, "old", flavour=["saffron"])


def test_while_nobody_answers_labels_are_written_and_finalizers_come_off(old: Shop) -> None:
    label_and_let_go(old)


def test_while_nobody_answers_what_is_being_deleted_may_change_in_any_way(old: Shop) -> None:
    old.cancel("old")
    old.icecreams.patch("old", {"metadata": {"finalizers": None}, "spec": {"flavour": ["lemon"]}})
    assert old.icecreams.read("old") is None


def test_what_is_not_on_the_menu_any_more_is_labelled_and_goes(old: Shop, arguments: tuple[str, ...]) -> None:
    with old.operator(*arguments) as operator:
        eventually_says(operator, orders.ANSWERS)
        assert "Unsupported value" in orders.refused(orders.change(old.cluster, "old", topping=["cream"]))
        label_and_let_go(old)


def test_the_handler_stays_out_of_the_way_by_itself(old: Shop, arguments: tuple[str, ...]) -> None:
    with configured(old, "matchConditions", [], asks_about_labels), old.operator(*arguments) as operator:
        eventually_says(operator, orders.ANSWERS)
        assert "Unsupported value" in orders.refused(orders.change(old.cluster, "old", topping=["cream"]))
        label_and_let_go(old)
        old.icecreams.create(manifest("old", "saffron"))  # to ask about, when the configuration is as it was


@pytest.fixture
def stored_before_the_schema(shop: Shop) -> Shop:
    """An icecream whose flavour is a string, as on the lecture's last branch, and one without a spec."""
    lax = yaml.safe_load(CRD.read_text())
    schema = lax["spec"]["versions"][0]["schema"]["openAPIV3Schema"]
    schema["required"] = []
    schema["properties"]["spec"] = {"type": "object", "x-kubernetes-preserve-unknown-fields": True}
    strange = {**manifest("old", finalizers=[HOLD]), "spec": {"flavour": "matcha"}}
    empty = {**manifest("empty", finalizers=[HOLD])}
    del empty["spec"]
    with configured(shop, "failurePolicy", "Ignore", asks_nobody):
        apply_crd(shop, lax)
        for icecream in (strange, empty):
            orders.eventually_created(shop, icecream)  # the new schema isn't in force at once
    apply_crd(shop)
    return shop


def test_what_was_stored_before_the_schema_is_no_zombie(
    stored_before_the_schema: Shop, arguments: tuple[str, ...]
) -> None:
    shop = stored_before_the_schema
    with shop.operator(*arguments) as operator:
        eventually_says(operator, orders.ANSWERS)
        assert "patched" in orders.change(shop.cluster, "empty", flavour=["matcha"])
        label_and_let_go(shop)
