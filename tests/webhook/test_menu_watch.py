"""The watch of the menu, whatever happens to it."""

import asyncio

import pytest

from icecream_operator.webhook import menu_watch
from reconciling.connection import Connection
from reconciling.workqueue import WorkQueue
from tests.operator.shop import eventually_says
from tests.webhook import orders
from workshop import faults
from workshop.faults import Kind
from workshop.testing.icecreams import manifest
from workshop.testing.shop import Shop


@pytest.mark.parametrize("kind", [Kind.CUT, Kind.GONE])
def test_a_watch_that_breaks_is_begun_again(shop: Shop, arguments: tuple[str, ...], kind: Kind) -> None:
    with faults.running(shop.identity) as proxy, shop.operator(*arguments, kubeconfig=proxy.kubeconfig) as operator:
        eventually_says(operator, orders.ANSWERS)
        proxy.inject({kind: 1})
        for number in range(3):
            orders.set_menu(shop, f"flavour {number}: cream")
            eventually_says(operator, f"On the menu: flavour {number}\n")
        assert proxy.counts()[kind] >= 3
        proxy.stop()
        orders.eventually_created(shop, manifest("a", "flavour 2"))
        assert "Traceback" not in operator.output()
        assert "On the menu: nothing" not in operator.output()


def test_a_menu_written_anew_while_the_watch_was_down_is_read(shop: Shop, arguments: tuple[str, ...]) -> None:
    with faults.running(shop.identity) as proxy, shop.operator(*arguments, kubeconfig=proxy.kubeconfig) as operator:
        eventually_says(operator, orders.ANSWERS)
        with proxy.watches_held():
            shop.cluster.kubectl("delete", "configmap", "menu", "-n=demooperator-system")
            orders.set_menu(shop, "saffron:")
        eventually_says(operator, "On the menu: saffron\n")


def test_a_menu_that_says_the_same_is_no_news(shop: Shop, arguments: tuple[str, ...]) -> None:
    with shop.operator(*arguments) as operator:
        eventually_says(operator, orders.ANSWERS)
        for menu in ("lemon:", "lemon :", "matcha:"):
            orders.set_menu(shop, menu)
        eventually_says(operator, "On the menu: matcha\n")
        assert operator.output().count("On the menu: lemon\n") == 1


async def test_a_watch_that_has_ended_is_followed_by_another(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(menu_watch, "SECONDS", 1)
    queue: WorkQueue[str] = WorkQueue(lambda _failures: 0, asyncio.get_running_loop().call_later)
    async with Connection(str(shop.identity)) as connection:
        await connection.login()
        watch = menu_watch.MenuWatch(queue, lambda: connection.api, lambda: None)
        key = await queue.get()
        await watch.reconcile(key)
        queue.done(key)
        async with asyncio.timeout(20):
            assert await queue.get() == key
