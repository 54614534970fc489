"""What the lecture shows, and the bugs 1 to 8 of the operator that it shows, each as what is right instead."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.operator.shop import (
    HOLD,
    create,
    eventually_event,
    eventually_left,
    eventually_ready,
    eventually_status,
    icecreams_of,
)
from workshop.system.polling import eventually
from workshop.testing.icecreams import Icecreams, manifest
from workshop.testing.operator_process import OperatorProcess
from workshop.testing.shop import Shop


@pytest.mark.usefixtures("operator")
def test_the_status_of_the_sample_appears(shop: Shop) -> None:
    shop.cluster.kubectl("apply", "-f", "deploy/samples/toomuch.yaml")
    status = eventually_status(shop, "toomuch", soldOut=False, toppingsCount=3, observedGeneration=1)
    (ready,) = status["conditions"]
    assert (ready["type"], ready["status"], ready["reason"]) == ("Ready", "True", "Sold")


def test_nobody_fills_the_status_without_an_operator(shop: Shop) -> None:
    shop.cluster.kubectl("apply", "-f", "deploy/samples/toomuch.yaml")
    assert "status" not in icecreams_of(shop)["toomuch"]


@pytest.mark.usefixtures("operator")
def test_the_fourth_icecream_of_a_flavour_is_evicted_and_an_event_says_why(shop: Shop) -> None:
    shop.cluster.kubectl("apply", "-f", "deploy/samples/four-of-a-flavour.yaml")
    eventually_left(shop, "chocolate-1", "chocolate-2", "chocolate-3")
    note = "chocolate is sold out: chocolate-1, chocolate-2, chocolate-3 were before this one"
    eventually_event(shop, "chocolate-4", "Evicted", note)


@pytest.mark.usefixtures("operator")
def test_the_columns_are_the_lectures(shop: Shop) -> None:
    shop.cluster.kubectl("apply", "-f", "deploy/samples/toomuch.yaml")
    eventually_ready(shop, toomuch="Sold")
    header, line = shop.cluster.kubectl("get", "icecreams").splitlines()
    assert header.split() == ["NAME", "SOLDOUT", "TOPPINGSCOUNT", "READY", "REASON", "AGE"]
    assert line.split()[:5] == ["toomuch", "false", "3", "True", "Sold"]


def test_bug_1_the_newest_is_evicted_and_not_the_last_listed(shop: Shop) -> None:
    create(shop, manifest("b", "matcha"), manifest("c", "matcha"))
    (last,) = create(shop, manifest("d", "matcha"))

    def create_a_second_later() -> None:
        (newest,) = create(shop, manifest("a-newest", "matcha"))
        if newest["metadata"]["creationTimestamp"] == last["metadata"]["creationTimestamp"]:
            shop.cancel("a-newest")
            raise AssertionError("still the same second")

    eventually(create_a_second_later)
    with shop.operator():
        eventually_left(shop, "b", "c", "d")


def test_bug_2_of_the_same_second_the_name_decides(shop: Shop) -> None:
    with shop.operator("--on-oversell=mark"):  # so what is decided shows; who evicts makes sure once more
        shop.settle()  # a list would come in the order of names
        stored = create(shop, *(manifest(f"ice-{number}", "matcha") for number in range(9, -1, -1)))
        ranks = sorted((icecream["metadata"]["creationTimestamp"], icecream["metadata"]["name"]) for icecream in stored)
        names = [name for _, name in ranks]
        eventually_ready(shop, **dict.fromkeys(names[:3], "Sold"), **dict.fromkeys(names[3:], "Oversold"))


def test_bug_3_a_restart_evicts_nobody_else(shop: Shop) -> None:
    create(shop, *(manifest(f"ice-{number:02}", "matcha") for number in range(20)))
    with shop.operator() as first:
        eventually(lambda: _assert_some_were_evicted(shop))
        first.kill()
    with shop.operator():
        eventually_left(shop, "ice-00", "ice-01", "ice-02")
        shop.settle()
        eventually_left(shop, "ice-00", "ice-01", "ice-02")


def _assert_some_were_evicted(shop: Shop) -> None:
    assert len(icecreams_of(shop)) < 20


@pytest.mark.usefixtures("operator")
def test_bug_4_two_of_one_flavour_and_two_of_another_leave_room_for_a_mixed_one(shop: Shop) -> None:
    create(shop, manifest("a", "matcha"), manifest("b", "matcha"), manifest("c", "vanilla"), manifest("d", "vanilla"))
    create(shop, manifest("mixed", "matcha", "vanilla"))
    eventually_left(shop, "a", "b", "c", "d", "mixed")


def test_bug_5_what_is_being_deleted_is_not_counted(shop: Shop) -> None:
    create(shop, *(manifest(name, "matcha", finalizers=[HOLD]) for name in ("a", "b", "c")))
    shop.cancel("a", "b", "c")
    create(shop, *(manifest(name, "matcha") for name in ("d", "e", "f", "g")))
    with shop.operator():
        eventually_ready(shop, d="Sold", e="Sold", f="Sold")
        shop.settle()
        assert set(icecreams_of(shop)) == {"a", "b", "c", "d", "e", "f"}


def test_bug_6_after_an_eviction_nothing_is_written_to_what_is_gone(shop: Shop, operator: OperatorProcess) -> None:
    create(shop, *(manifest(name, "matcha") for name in ("a", "b", "c", "d")))
    eventually_left(shop, "a", "b", "c")
    shop.settle()
    assert ("delete", "d", 200) in [(write.verb, write.name, write.code) for write in shop.writes()]
    assert {write.code for write in shop.writes()} <= {200, 201}
    assert "looking again" not in operator.output()


@pytest.mark.usefixtures("operator")
def test_bug_7_the_siblings_are_told_that_a_flavour_is_sold_out_and_that_it_no_longer_is(shop: Shop) -> None:
    create(shop, manifest("a", "matcha"), manifest("b", "matcha", "vanilla"), manifest("v", "vanilla"))
    for name in ("a", "b", "v"):
        eventually_status(shop, name, soldOut=False)
    create(shop, manifest("c", "matcha"))
    for name, sold_out in (("a", True), ("b", True), ("c", True), ("v", False)):
        eventually_status(shop, name, soldOut=sold_out)
    shop.cancel("a")
    for name in ("b", "c"):
        eventually_status(shop, name, soldOut=False)  # said, and not left out


@pytest.mark.usefixtures("marking")
def test_bug_8_who_marks_does_not_fight_a_gitops_controller(shop: Shop) -> None:
    shop.cluster.kubectl("apply", "-f", "deploy/samples/four-of-a-flavour.yaml")
    eventually_ready(shop, **{"chocolate-3": "Sold", "chocolate-4": "Oversold"})
    eventually_event(shop, "chocolate-4", "Oversold", "chocolate is sold out: 3 were before this one")
    shop.settle()
    before = shop.writes()
    again = shop.cluster.kubectl("apply", "-f", "deploy/samples/four-of-a-flavour.yaml").splitlines()
    assert [line.split()[-1] for line in again] == ["unchanged"] * 4
    shop.settle()
    assert shop.writes() == before


@pytest.mark.usefixtures("operator")
def test_bug_8_who_evicts_fights_it_for_ever_and_says_so_each_time(shop: Shop) -> None:
    events_before = len(shop.events("chocolate-4"))
    for times in (1, 2):
        shop.cluster.kubectl("apply", "-f", "deploy/samples/four-of-a-flavour.yaml")

        def evicted_again(times: int = times) -> None:
            assert len(shop.events("chocolate-4")) == events_before + times

        eventually(evicted_again)
        eventually_left(shop, "chocolate-1", "chocolate-2", "chocolate-3")


@pytest.mark.usefixtures("operator")
def test_of_twenty_created_at_once_the_first_three_in_the_order_stay(shop: Shop, icecreams: Icecreams) -> None:
    with ThreadPoolExecutor(20) as pool:
        created = list(pool.map(icecreams.create, (manifest(f"ice-{number:02}", "matcha") for number in range(20))))
    in_order = sorted(
        (icecream["metadata"]["creationTimestamp"], icecream["metadata"]["name"]) for icecream in created if icecream
    )
    assert len(in_order) == 20
    first_three = [name for _, name in in_order[:3]]
    eventually_left(shop, *first_three)
    shop.settle()
    eventually_left(shop, *first_three)
