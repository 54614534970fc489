"""What a check says of an operator that hangs, on a real API server: the line, at once, and always the same."""

import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from workshop.testing import crd, diagnosis, operator_process
from workshop.testing.control_plane import ControlPlane
from workshop.testing.failures import CheckFailedError, Explanation
from workshop.testing.icecreams import SOLD
from workshop.testing.shop import Shop
from workshop.workspace.cluster import CHECKOUT

RECONCILER = "icecream_operator/reconciler.py"
FIRST_LINE = "        icecream = self.cache.get(name)\n"


@pytest.fixture
def shop(control_plane: ControlPlane) -> Iterator[Shop]:
    with crd.served(control_plane, look=""), Shop(control_plane) as opened:
        yield opened
        opened.icecreams.delete_all()  # whatever finalizers they have
    for file in control_plane.folder.glob("freezer.db*"):
        file.unlink()


def write_event(control_plane: ControlPlane, **regarding: str) -> None:
    """Write one as core/v1, without an eventTime."""
    event = {
        "apiVersion": "v1",
        "kind": "Event",
        "metadata": {"name": "from-elsewhere", "namespace": "default"},
        "involvedObject": regarding,
        "reason": "Scheduled",
        "message": "without an eventTime",
    }
    control_plane.kubectl("create", "-f", "-", stdin=json.dumps(event))


def test_events_that_others_write_as_core_v1_are_no_harm(control_plane: ControlPlane) -> None:
    with Shop(control_plane) as shop:
        write_event(control_plane)
        assert shop.events("a") == []


def test_there_are_no_events_of_a_shop_before(control_plane: ControlPlane) -> None:
    with Shop(control_plane):
        write_event(control_plane, name="a", namespace="default")
    with Shop(control_plane) as shop:
        assert shop.events("a") == []
        write_event(control_plane, name="a", namespace="default")  # an operator may give it the same name again
        assert shop.events("a") == [("Scheduled", "without an eventTime")]


@pytest.fixture
def reconcile_with(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Have the operator's reconcile begin with other lines, in a checkout of its own."""
    for folder in ("icecream_operator", "lessons"):
        shutil.copytree(CHECKOUT / folder, tmp_path / folder)
    monkeypatch.setattr(operator_process, "CHECKOUT", tmp_path)
    monkeypatch.setattr(diagnosis, "CHECKOUT", tmp_path)
    monkeypatch.syspath_prepend(tmp_path)

    def write(lines: str) -> None:
        text = (tmp_path / RECONCILER).read_text()
        assert text.count(FIRST_LINE) == 1
        indented = "".join(f"        {line}\n" for line in lines.splitlines())
        text = text.replace(FIRST_LINE, indented + FIRST_LINE).replace(
            "import logging", "import asyncio, logging, time"
        )
        (tmp_path / RECONCILER).write_text(text)

    return write


def expect_sold(shop: Shop, name: str) -> Explanation | None:
    """Expect it to be sold, and return why it isn't."""
    try:
        shop.expect("it to be sold", {name: {"Ready": SOLD}}, look="here")
    except CheckFailedError as error:
        return error.explanation
    return None


@pytest.mark.parametrize(
    ("lines", "seen", "look"),
    [
        ("time.sleep(1)", "blocks its event loop", "in reconcile: time.sleep(1)"),
        ("while True:\n    pass", "blocks its event loop", "in reconcile: "),
        ("while True:\n    await asyncio.sleep(0)", "comes back to this line", "in reconcile: await asyncio.sleep(0)"),
    ],
)
def test_an_operator_that_hangs_is_named_by_its_line_and_asked_no_more(
    shop: Shop, reconcile_with: Callable[[str], None], lines: str, seen: str, look: str
) -> None:
    reconcile_with(lines)
    for number in range(40):  # one after the other, each a second of time.sleep
        shop.order(f"before-{number}", f"before-{number}")
    with shop.operator():
        shop.order("a", "matcha")
        explanation = expect_sold(shop, "a")
        assert explanation
        assert seen in explanation.seen
        assert explanation.look.startswith(RECONCILER)
        assert look in explanation.look
        requests = len(shop.icecreams.list())
        assert expect_sold(shop, "a") == explanation
        with pytest.raises(CheckFailedError) as caught:
            shop.settle(look="there")
        assert caught.value.explanation == explanation
        assert len(shop.icecreams.list()) == requests, "no probe is made any more"


def test_one_icecream_with_which_it_never_comes_to_an_end_is_named_and_others_are_sold(
    shop: Shop, reconcile_with: Callable[[str], None]
) -> None:
    reconcile_with("while name == 'endless':\n    await asyncio.sleep(0.01)")
    with shop.operator():
        shop.order("endless", "matcha")
        explanation = expect_sold(shop, "endless")
        assert explanation
        assert explanation.look.endswith("in reconcile: await asyncio.sleep(0.01)")
        shop.order("a", "matcha")
        assert expect_sold(shop, "a") is None


@pytest.mark.parametrize("error", ["KeyError('vanilla')", "Retry('no vanilla today')"])
def test_what_the_operator_says_of_an_icecream_is_told_by_the_check_that_expects_something_of_it(
    shop: Shop, reconcile_with: Callable[[str], None], error: str
) -> None:
    importing = "from reconciling.errors import Retry"
    reconcile_with(f"{importing}\nif name == 'a':\n    return\nif name == 'b':\n    raise {error}")
    with shop.operator():
        shop.order("a", "matcha")
        shop.order("b", "vanilla")
        a, b = expect_sold(shop, "a"), expect_sold(shop, "b")
    assert a
    assert b
    assert "vanilla" not in a.seen
    assert "vanilla" in b.seen


def test_one_that_waits_for_what_never_comes_is_named_where_it_waits(
    shop: Shop, reconcile_with: Callable[[str], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("workshop.testing.probe._LIMIT", 3)
    reconcile_with("await asyncio.sleep(3600)")
    with shop.operator():
        shop.order("a", "matcha")
        explanation = expect_sold(shop, "a")
        assert explanation
        assert "this is where it waits" in explanation.seen
        assert explanation.look.endswith("in reconcile: await asyncio.sleep(3600)")


def test_one_that_is_slow_and_right_is_right(shop: Shop, reconcile_with: Callable[[str], None]) -> None:
    reconcile_with("await asyncio.sleep(0.7)\ntime.sleep(0.05)")
    with shop.operator():
        for name in ("a", "b", "c"):
            shop.order(name, "matcha")
            assert expect_sold(shop, name) is None
        shop.settle()


def test_one_that_ends_by_itself_is_said_to(shop: Shop, reconcile_with: Callable[[str], None]) -> None:
    reconcile_with("import os\nos._exit(3)")
    with shop.operator():
        shop.order("a", "matcha")
        explanation = expect_sold(shop, "a")
    assert explanation
    assert "the operator has ended: exit code 3" in explanation.seen
    assert explanation.look == "here"
