"""Starting where something is missing: what the operator says, and whether it waits or ends."""

import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.operator.conftest import Shop, order
from workshop.system import processes
from workshop.testing.operator import OperatorProcess, running
from workshop.testing.polling import eventually
from workshop.workspace import operators


def says(operator: OperatorProcess, *words: str) -> None:
    def look() -> None:
        assert operator.process.poll() is None, operator.output()
        for word in words:
            assert word in operator.output()

    eventually(look)


@contextmanager
def started(folder: Path, *arguments: str) -> Iterator[OperatorProcess]:
    """Start the operator without giving it anything."""
    log = folder / "operator.log"
    process = processes.start([sys.executable, "-m", "icecream_operator", *arguments], log=log)
    try:
        yield OperatorProcess(process, log)
    finally:
        processes.stop([process], grace=10)


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
    with running(fresh_shop.cluster) as operator:
        says(operator, "doesn't know icecreams", "kubectl apply -f deploy/crds")
        fresh_shop.open()
        fresh_shop.create(*(order(name, "matcha") for name in ("a", "b", "c", "d")))
        fresh_shop.eventually_left("a", "b", "c")


def test_without_permission_it_waits_and_says_what_for(tmp_path: Path, shop: Shop) -> None:
    kubeconfig = operators.log_in(operators.OPERATORS["operator"], shop.cluster)
    shop.kubectl("delete", "clusterrolebinding", "demooperator-manager-rolebinding")
    with started(tmp_path, f"--kubeconfig={kubeconfig}") as operator:
        says(operator, "is forbidden", "kubectl apply -k deploy/operator")
        shop.kubectl("apply", "-k", "deploy/operator")
        shop.create(order("a", "matcha"))
        shop.eventually_ready(a="Sold")


def test_where_nobody_answers_it_tries_again_and_ends_on_sigterm(tmp_path: Path) -> None:
    kubeconfig = tmp_path / "kubeconfig"
    kubeconfig.write_text(
        "{current-context: a, contexts: [{name: a, context: {cluster: a, user: a}}],"
        " clusters: [{name: a, cluster: {server: 'https://127.0.0.1:1'}}], users: [{name: a, user: {}}]}"
    )
    with started(tmp_path, f"--kubeconfig={kubeconfig}") as operator:
        says(operator, "https://127.0.0.1:1", "Trying again in")
        assert operator.terminate() == 0


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_ends_on_a_signal_while_it_waits_for_a_crd_that_was_deleted(
    fresh_shop: Shop, number: signal.Signals
) -> None:
    fresh_shop.open()
    with running(fresh_shop.cluster) as operator:
        fresh_shop.create(order("a", "matcha"))
        fresh_shop.eventually_ready(a="Sold")
        fresh_shop.kubectl("delete", "-f", "deploy/crds")
        says(operator, "doesn't know icecreams")
        operator.process.send_signal(number)
        assert operator.process.wait(20) == 0


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
    kubeconfig.write_text(shop.kubectl("config", "view", "--raw", "--flatten"))
    shop.kubectl("--kubeconfig", str(kubeconfig), "config", "unset", "users")
    shop.kubectl("--kubeconfig", str(kubeconfig), "config", "set-credentials", "nobody", "--token=wrong")
    shop.kubectl("--kubeconfig", str(kubeconfig), "config", "set-context", "--current", "--user=nobody")
    ended = run(f"--kubeconfig={kubeconfig}")
    assert ended.returncode == 2
    assert "The API server refuses the credentials" in ended.stderr


def test_an_unknown_mode_is_refused() -> None:
    ended = run("--on-oversell=eat")
    assert ended.returncode == 2
    assert "invalid choice: 'eat'" in ended.stderr


def test_each_line_of_the_json_log_about_an_icecream_names_it(shop: Shop) -> None:
    binding, account = "demooperator-manager-rolebinding", "demooperator-system:demooperator-controller-manager"
    with running(shop.cluster, "--log-format=json") as operator:
        shop.catch_up()
        shop.kubectl("delete", "clusterrolebinding", binding)
        shop.kubectl("delete", "rolebinding", "demooperator-events-rolebinding", "--namespace=default")
        shop.create(*(order(name, "matcha") for name in ("a", "b", "c", "d")))
        says(operator, "looking again")
        role = "--clusterrole=demooperator-manager-role"
        shop.kubectl("create", "clusterrolebinding", binding, role, f"--serviceaccount={account}")
        shop.eventually_left("a", "b", "c")
        says(operator, "Evicted", "writing an Event")
        shop.kubectl("apply", "-k", "deploy/operator")
        lines = [json.loads(line) for line in operator.output().splitlines()]
    names = {line["object"]["name"] for line in lines if "object" in line}
    assert {"d"} <= names <= {"a", "b", "c", "d"}
    assert [line["message"].split(":")[0] for line in lines if "object" not in line] == [
        "Operating on https",
        "The cache is synced",
    ]
