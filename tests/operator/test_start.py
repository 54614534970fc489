"""Starting where something is missing: what the operator says, and whether it waits or ends."""

import contextlib
import json
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.operator.shop import create, eventually_left, eventually_ready, eventually_says
from workshop.testing import crd
from workshop.testing.icecreams import manifest
from workshop.testing.operator_process import OPERATOR, OperatorProcess
from workshop.testing.shop import Shop

pytestmark = pytest.mark.slow


def run(*arguments: str, kubeconfig: str = "") -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "icecream_operator", *arguments],
        env={"KUBECONFIG": kubeconfig},
        capture_output=True,
        text=True,
        check=False,
        timeout=30,
    )


def test_without_the_crd_it_waits_and_says_what_for(fresh_shop: Shop) -> None:
    with fresh_shop.operator() as operator:
        eventually_says(operator, "doesn't know icecreams", "kubectl apply -f deploy/crds")
        crd.establish(fresh_shop.cluster)
        create(fresh_shop, *(manifest(name, "matcha") for name in ("a", "b", "c", "d")))
        eventually_left(fresh_shop, "a", "b", "c")


def test_without_permission_it_waits_and_says_what_for(shop: Shop) -> None:
    with contextlib.ExitStack() as without_permission:
        without_permission.enter_context(shop.forbidden("list", "icecreams"))
        with shop.operator() as operator:
            eventually_says(operator, "is forbidden", "kubectl apply -k deploy/operator")
            without_permission.close()
            create(shop, manifest("a", "matcha"))
            eventually_ready(shop, a="Sold")


def test_where_nobody_answers_it_tries_again_and_ends_on_sigterm(
    start: Callable[..., OperatorProcess], tmp_path: Path
) -> None:
    kubeconfig = tmp_path / "kubeconfig"
    kubeconfig.write_text(
        "{current-context: a, contexts: [{name: a, context: {cluster: a, user: a}}],"
        " clusters: [{name: a, cluster: {server: 'https://127.0.0.1:1'}}], users: [{name: a, user: {}}]}"
    )
    operator = start(kubeconfig=kubeconfig)
    eventually_says(operator, "https://127.0.0.1:1", "Trying again in")
    assert operator.terminate() == 0


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_ends_on_a_signal_while_it_waits_for_a_crd_that_was_deleted(
    fresh_shop: Shop, number: signal.Signals
) -> None:
    crd.establish(fresh_shop.cluster)
    with fresh_shop.operator() as operator:
        create(fresh_shop, manifest("a", "matcha"))
        eventually_ready(fresh_shop, a="Sold")
        fresh_shop.cluster.kubectl("delete", "-f", "deploy/crds")
        eventually_says(operator, "doesn't know icecreams")
        operator.send_signal(number)
        assert operator.wait() == 0


def test_the_flag_beats_the_variable() -> None:
    ended = run("--kubeconfig=/flag", kubeconfig="/variable")
    assert (ended.returncode, ended.stderr) == (2, "icecream_operator: There is no kubeconfig /flag.\n")


def test_without_a_kubeconfig_it_says_how_to_give_one() -> None:
    ended = run()
    assert (ended.returncode, ended.stdout) == (2, "")
    assert "Give --kubeconfig FILE or set the variable KUBECONFIG" in ended.stderr


@pytest.mark.parametrize("content", ["", "{", "[]", "current-context: nowhere"])
def test_a_kubeconfig_that_is_none_is_named(tmp_path: Path, content: str) -> None:
    kubeconfig = tmp_path / "kubeconfig"
    kubeconfig.write_text(content)
    ended = run(f"--kubeconfig={kubeconfig}")
    assert ended.returncode == 2
    assert str(kubeconfig) in ended.stderr
    assert "Traceback" not in ended.stderr


def test_refused_credentials_end_it(tmp_path: Path, shop: Shop) -> None:
    kubeconfig = tmp_path / "kubeconfig"
    kubeconfig.write_text(shop.cluster.kubectl("config", "view", "--raw", "--flatten"))
    shop.cluster.kubectl("--kubeconfig", str(kubeconfig), "config", "unset", "users")
    shop.cluster.kubectl("--kubeconfig", str(kubeconfig), "config", "set-credentials", "nobody", "--token=wrong")
    shop.cluster.kubectl("--kubeconfig", str(kubeconfig), "config", "set-context", "--current", "--user=nobody")
    ended = run(f"--kubeconfig={kubeconfig}")
    assert ended.returncode == 2
    assert "The API server refuses the credentials" in ended.stderr


def test_an_unknown_mode_is_refused() -> None:
    ended = run("--on-oversell=eat")
    assert ended.returncode == 2
    assert "invalid choice: 'eat'" in ended.stderr


@pytest.fixture
def without_events(shop: Shop) -> Iterator[Shop]:
    """A shop in which the operator may not create Events."""
    shop.cluster.kubectl("delete", "rolebinding", "demooperator-events-rolebinding", "--namespace=default")
    yield shop
    shop.cluster.kubectl("apply", "-k", OPERATOR.manifests)


def test_each_line_of_the_json_log_about_an_icecream_names_it(without_events: Shop) -> None:
    shop = without_events
    with shop.operator("--log-format=json") as operator:
        shop.settle()
        with shop.forbidden("patch", "icecreams/status"):
            create(shop, *(manifest(name, "matcha") for name in ("a", "b", "c", "d")))
            eventually_says(operator, "looking again")
        eventually_left(shop, "a", "b", "c")
        eventually_says(operator, "Evicted", "writing an Event")
        lines = [json.loads(line) for line in operator.output().splitlines()]
    names = {line["object"]["name"] for line in lines if "object" in line}
    assert "d" in names
    assert all(len(name) == 1 for name in names)  # as icecreams are called here, and nothing else
    assert [line["message"].split(":")[0] for line in lines if "object" not in line] == [
        "Operating on https",
        "The cache is synced",
    ]
