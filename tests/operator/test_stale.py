"""The cache is behind the API server: no event reaches the operator, and what it writes reaches the API server."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.operator.rest import until_at_rest
from tests.operator.shop import HOLD
from workshop import faults
from workshop.system.polling import eventually
from workshop.testing.icecreams import Icecreams, manifest
from workshop.testing.operator_process import OperatorProcess


def delete(at: Icecreams) -> None:
    at.delete("a")


def begin_to_delete(at: Icecreams) -> None:
    at.patch("a", {"metadata": {"finalizers": [HOLD]}})
    delete(at)


def make_anew(at: Icecreams) -> None:
    """Delete a, and create it in a later second than d."""
    last = at.read("d")
    assert last

    def a_second_later() -> None:
        delete(at)
        anew = at.create(manifest("a", "matcha"))
        assert anew["metadata"]["creationTimestamp"] > last["metadata"]["creationTimestamp"]

    eventually(a_second_later)


def edit(name: str, *flavours: str) -> Callable[[Icecreams], object]:
    return lambda at: at.patch(name, {"spec": {"flavour": list(flavours)}})


@pytest.mark.parametrize(
    "act",
    [
        pytest.param(delete, id="a is deleted"),
        pytest.param(begin_to_delete, id="a is being deleted"),
        pytest.param(make_anew, id="a is made anew, after d"),
        pytest.param(edit("a", "mango"), id="a takes another flavour"),
        pytest.param(edit("3", "vanilla"), id="an earlier one takes a's place"),
        pytest.param(edit("c", "matcha", "vanilla"), id="c takes a flavour too many"),
    ],
)
def test_nobody_is_evicted_for_a_reason_that_the_api_server_no_longer_has(
    icecreams: Icecreams,
    start: Callable[..., OperatorProcess],
    kubeconfig: Path,
    tmp_path: Path,
    freezer: Path,
    act: Callable[[Icecreams], object],
) -> None:
    for name, flavours in {"1": "vanilla", "2": "vanilla", "3": "saffron", "a": "matcha vanilla"}.items():
        icecreams.create(manifest(name, *flavours.split()))
    *_, last = [icecreams.create(manifest(name, "matcha")) for name in ("b", "c", "d")]
    with faults.running(kubeconfig, {"conflict": 1}, folder=tmp_path) as proxy:
        operator = start(kubeconfig=proxy.kubeconfig)
        until_tried(operator, times=1)
        with proxy.watches_held():
            act(icecreams)
            until_tried(operator, times=2)  # it may have been in the middle of one
            proxy.stop()
            eventually(lambda: has_decided_on_d(operator))
        left = until_at_rest(icecreams, evicts=True, freezer=freezer)
        operator.kill()  # before the proxy goes
    assert last["metadata"]["uid"] in {icecream["metadata"]["uid"] for icecream in left}


def until_tried(operator: OperatorProcess, times: int) -> None:
    """Wait until it has tried to evict d so many times more, in vain."""

    def tries() -> int:
        return operator.output().count("[d] ")

    before = tries()

    def look() -> None:
        assert tries() >= before + times, operator.output()

    eventually(look)


def has_decided_on_d(operator: OperatorProcess) -> None:
    output = operator.output()
    assert "no longer" in output or "[d] Evicted" in output, output
