"""`workshop webhook compare`, on a cluster whose operator is asked; nothing of it stays."""

import signal
import subprocess
import sys
from collections.abc import Iterator

import pytest

from workshop.system.polling import eventually
from workshop.testing import operator_process
from workshop.testing.control_plane import ControlPlane
from workshop.webhook import comparison_table, connectivity, installation
from workshop.webhook.comparison import Comparison, Latency
from workshop.webhook.configuration import MENU, NAMESPACE
from workshop.webhook.errors import FaultError
from workshop.webhook.forms import CEL_RULE, COMPARED, ENUM, NONE, POLICY, WEBHOOK
from workshop.workspace.cluster import CHECKOUT, Cluster

from .servers import NOW, authority, deny, serving, write_pair
from .test_installation import environment, run

MADE = "crds,validatingadmissionpolicies,validatingadmissionpolicybindings,validatingwebhookconfigurations,icecreams"


@pytest.fixture
def asked(fresh: ControlPlane) -> Iterator[Cluster]:
    """A cluster, its operator up, and asked."""
    installed = installation.with_certificate(fresh)
    with operator_process.running(fresh, *installed.operator_arguments) as operator:
        try:
            eventually(lambda: list(connectivity.trace(fresh, NOW)), within=30, retry_on=FaultError)
        except FaultError as fault:
            raise AssertionError(operator.output()) from fault
        yield fresh


def objects(cluster: Cluster) -> list[str]:
    return cluster.kubectl("get", MADE, "-o=name").split()


def menu(cluster: Cluster) -> str:
    return str(cluster.get("configmap", MENU, f"-n={NAMESPACE}")["data"])


@pytest.mark.slow
def test_each_form_is_tried_and_nothing_of_it_stays(asked: Cluster) -> None:
    before = objects(asked), menu(asked)
    done = run(asked, "webhook", "compare", "--rounds", "10")
    assert done.returncode == 0, done.stderr
    table = {line.partition("   ")[0]: line.split("   ")[1:] for line in done.stdout.partition("\n\n")[0].splitlines()}
    rows = {attempt: [cell.strip() for cell in cells if cell.strip()] for attempt, cells in table.items()}
    assert rows[""] == ["NONE", "ENUM", "CEL RULE", "POLICY", "WEBHOOK"]
    assert rows["a flavour that isn't on the menu"] == ["stored", "refused", "refused", "refused", "refused"]
    assert rows["a topping that goes with none of its flavours"] == ["stored"] * 4 + ["refused"]
    assert rows["a fourth icecream of a flavour"] == ["stored"] * 4 + ["refused"]
    assert rows["a flavour that has just come onto the menu"] == ["stored", "refused", "refused", "stored", "stored"]
    assert rows["anything, while there is no menu"] == ["-", "-", "-", "refused", "-"]
    assert rows["anything, while it is down (Fail)"] == ["-"] * 4 + ["refused"]
    assert rows["anything, while it is down (Ignore)"] == ["-"] * 4 + ["stored"]
    assert all(cell.endswith(" ms") for cell in rows["a create takes (p50)"])
    assert 'ENUM:\n  The Icecream "compare" is invalid: \n' in done.stdout
    assert "denied request: not on the menu: garlic; there is chocolate, lemon, matcha" in done.stdout
    assert "no params found for policy binding with `Deny` parameterNotFoundAction" in done.stdout
    assert done.stdout.endswith("connect: connection refused\n")
    assert (objects(asked), menu(asked)) == before
    again = run(asked, "webhook", "compare", "--rounds", "10")
    assert "POLICY, another menu:\n  The API server still has the menu of before." in again.stdout


@pytest.mark.slow
def test_interrupted_it_takes_away_what_it_has_made(asked: Cluster) -> None:
    before = objects(asked), menu(asked)
    command = [sys.executable, "-m", "workshop", "webhook", "compare", "--rounds", "100000"]
    with subprocess.Popen(command, env=environment(asked), cwd=CHECKOUT, stderr=subprocess.PIPE) as compare:
        eventually(lambda: _assert_more(objects(asked), before[0]), within=30)
        compare.send_signal(signal.SIGINT)
        _, said = compare.communicate(timeout=30)
    assert said.decode().endswith("Interrupted.\n")
    assert compare.returncode == 130
    eventually(lambda: _assert_same((objects(asked), menu(asked)), before))


def test_where_the_webhook_cant_be_asked_it_says_so(cluster: Cluster) -> None:
    done = run(cluster, "webhook", "compare")
    assert done.returncode == 1
    assert done.stderr.startswith("Error: The webhook can't be asked: there is no ValidatingWebhookConfiguration")
    assert done.stderr.endswith("Look: workshop webhook check\n")


def test_where_no_flavour_is_left_there_is_nothing_to_try_it_with(cluster: Cluster) -> None:
    folder = installation.cert_dir(cluster)
    write_pair(folder, authority())
    with serving(folder, deny) as port:
        installation.install(cluster, folder, port)
        done = run(cluster, "webhook", "compare")
    assert done.returncode == 1
    assert done.stderr == (
        "Error: None of vanilla, matcha, chocolate, strawberry, lemon is left: each is sold out or not on the menu."
        " Cancel some.\n"
    )
    assert not [name for name in objects(cluster) if "compare" in name]


def test_the_table_shows_what_became_of_each_attempt_and_what_was_said() -> None:
    latencies = {form: Latency(0.002, 0.003) for form in COMPARED} | {WEBHOOK: Latency(0.0041, 0.0099)}
    latencies[ENUM] = Latency(0.00199, 0.003)
    outcomes = {"garlic": {NONE: "stored", ENUM: "refused", CEL_RULE: "refused"}, "down": {WEBHOOK: "refused"}}
    assert comparison_table.as_text(Comparison(outcomes, latencies, {POLICY.name: "No.\nNever."})) == (
        "                             NONE        ENUM        CEL RULE    POLICY      WEBHOOK\n"
        "garlic                       stored      refused     refused     -           -\n"
        "down                         -           -           -           -           refused\n"
        "a create takes (p50)         2.0 ms      2.0 ms      2.0 ms      2.0 ms      4.1 ms\n"
        "  more than without a rule   -           0.0 ms      0.0 ms      0.0 ms      2.1 ms\n"
        "a create takes (p99)         3.0 ms      3.0 ms      3.0 ms      3.0 ms      9.9 ms\n"
        "\n"
        "POLICY:\n"
        "  No.\n"
        "  Never."
    )


def _assert_more(seen: list[str], before: list[str]) -> None:
    assert len(seen) > len(before)


def _assert_same(one: object, other: object) -> None:
    assert one == other
