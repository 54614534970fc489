"""`workshop perturb`, as a person uses it."""

import subprocess
import sys

import pytest
from click.testing import CliRunner

from workshop.cli.perturb import command
from workshop.workspace.cluster import CHECKOUT

pytestmark = pytest.mark.slow

MODULE = "tests.faults.secret_scenarios"
HELD = "watch held after ADDED secrets/faults/vanilla in step 2"
AS_OF = "its lists as of MODIFIED secrets/faults/vanilla in step 1"


def perturb(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "workshop", "perturb", *arguments],
        cwd=CHECKOUT,
        capture_output=True,
        text=True,
        check=False,
        timeout=100,
    )


def test_one_point_is_run_again_by_its_name_and_shown_in_a_table() -> None:
    done = perturb(MODULE, "--scenario", "careful", "--point", HELD)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == [
        "one goes off, another comes (careful)",
        f"   1/1  stale: {HELD}",
        "",
        "              points   runs   converged",
        "intermediate       0      0           0",
        "stale              1      1           1",
        "unobserved         0      0           0",
        "",
    ]


def test_what_does_not_converge_is_shown_with_what_should_be_and_is_a_failure() -> None:
    done = perturb(MODULE, "--scenario", "careless", "--point", AS_OF)
    assert done.returncode == 1, done.stderr
    assert f"   1/1  NOT CONVERGED  stale: started again at the end, {AS_OF}\n" in done.stdout
    assert "stale              1      1           0\n" in done.stdout
    assert "\nthe end is\n{}\nand should be\n{'vanilla': (False, True)}\n" in done.stdout


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["nowhere"], "nowhere can't be imported: No module named 'nowhere'."),
        (["tests.faults.plain_client"], "has no context manager `prepared`, which would give the scenarios."),
    ],
)
def test_a_mistake_gets_one_line(arguments: list[str], message: str) -> None:
    done = CliRunner().invoke(command, arguments)
    assert done.exit_code == 1
    assert message in done.output


@pytest.mark.parametrize(
    ("option", "message"),
    [
        (
            "--scenario",
            "There is no scenario with 'mango' in its name. There are: one goes off, another comes (careful),",
        ),
        ("--point", "There is no point with 'mango' in its name."),
    ],
)
def test_a_name_that_there_is_not_is_said(option: str, message: str) -> None:
    done = perturb(MODULE, option, "mango")
    assert done.returncode == 1
    assert message in done.stderr
