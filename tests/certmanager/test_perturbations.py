"""Wherever the controllers are killed, they come to the end that they should, and rest."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.certmanager.namespace import Namespace
from tests.certmanager.scenarios import Users
from workshop import faults
from workshop.faults import PointClass, Scenario, explore
from workshop.testing.operator_process import OperatorProcess

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]

WRITES = 16  # that the controllers need for one certificate, Events included


@pytest.fixture
def scenarios(namespace: Namespace, start: Callable[..., OperatorProcess]) -> dict[str, Scenario]:
    users = Users(namespace, lambda kubeconfig: start(f"--namespace={namespace.name}", kubeconfig=kubeconfig))
    return {scenario.name: scenario for scenario in users.scenarios()}


def test_wherever_they_are_killed_they_come_to_the_same_end(
    scenarios: dict[str, Scenario], kubeconfig: Path, tmp_path: Path, report_figure: Callable[[str], None]
) -> None:
    with faults.running(kubeconfig, folder=tmp_path) as proxy:
        explored = explore(scenarios["a certificate is ordered"], proxy, only="killed")
    report_figure(f"perturbed, {explored}")
    assert len(explored.record.writes) == WRITES, explored.record.writes
    assert explored.count(PointClass.INTERMEDIATE) == 2 * WRITES
    assert not explored.not_converged, "\n".join(f"{point}: {why}" for point, why in explored.not_converged.items())
