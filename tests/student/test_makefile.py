"""What the make targets of the lessons run."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from workshop.workspace.cluster import CHECKOUT


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    shutil.copy(CHECKOUT / "Makefile", tmp_path)
    return tmp_path


def runs(folder: Path, *arguments: str) -> list[str]:
    """Return the commands that make would run."""
    dry_run = subprocess.run(
        ["make", "--dry-run", "--old-file=.venv/ready", "--old-file=.venv/site", *arguments],
        cwd=folder,
        check=True,
        capture_output=True,
        text=True,
    )
    return [" ".join(line.split()) for line in dry_run.stdout.splitlines()]


@pytest.mark.parametrize(
    ("arguments", "command"),
    [
        (["test", "LESSON=01"], "check 01"),
        (["test", "LESSON=01", "WATCH=1"], "check 01 --watch"),
        (["start", "LESSON=02"], "start 02"),
        (["start", "LESSON=02", "FROM_SOLUTION=1"], "start 02 --from-solution"),
        (["hint", "LESSON=01"], "hint 01"),
        (["hint", "LESSON=01", "EXERCISE=2"], "hint 01 --exercise 2"),
        (["solution"], "solution"),
        (["gates"], "gates"),
        (["tags"], "tags"),
    ],
)
def test_a_target_is_one_command(folder: Path, arguments: list[str], command: str) -> None:
    assert runs(folder, *arguments) == [f".venv/bin/workshop {command}"]


def test_inside_a_stage_all_checks_are_the_lessons(folder: Path) -> None:
    (folder / ".stage").write_text("01-crd\n")
    assert runs(folder, "test") == [".venv/bin/workshop check"]


@pytest.mark.parametrize(
    ("arguments", "options"),
    [([], ""), (["QUICK=1"], ' -m "not slow"'), (["ARGS=-k 01-crd"], " -k 01-crd")],
)
def test_on_main_all_checks_are_everything_or_all_but_the_slow_ones(
    folder: Path, arguments: list[str], options: str
) -> None:
    pytest_on_all_cores = ".venv/bin/python -m pytest --numprocesses=4 --dist=worksteal"
    assert runs(folder, "test", *arguments)[-1] == pytest_on_all_cores + options


def test_setup_makes_the_tags(folder: Path) -> None:
    assert any("workshop tags" in line for line in runs(folder, "setup"))


PIP = """\
#!/bin/sh
case "$*" in
  *"pip install"*requirements*)
    for package in $(seq 45); do echo "Collecting package-$package"; echo "  Downloading it"; done
    echo "Installing collected packages: all of them"
    exit $PIP_EXITS ;;
esac
"""


@pytest.fixture(params=[".venv/ready", ".venv/site"])
def target(request: pytest.FixtureRequest, folder: Path) -> str:
    """What is made by pip, which a script stands in for: it exits with $PIP_EXITS."""
    for file in ("requirements.lock", "requirements-site.lock", "pyproject.toml"):
        (folder / file).touch()
    python = folder / ".venv/bin/python"
    python.parent.mkdir(parents=True)
    python.write_text(PIP)
    python.chmod(0o755)
    return str(request.param)


def make(folder: Path, target: str, pip_exits: int) -> "subprocess.CompletedProcess[str]":
    options = ["--old-file=.venv/ready"] if target == ".venv/site" else []
    env = {**os.environ, "PIP_EXITS": str(pip_exits)}
    return subprocess.run(["make", *options, target], cwd=folder, env=env, check=False, capture_output=True, text=True)


def test_while_packages_are_installed_one_sees_that_it_goes_on(folder: Path, target: str) -> None:
    assert make(folder, target, 0).stdout.splitlines()[1:] == [
        "  20 packages are here ...",
        "  40 packages are here ...",
        "  all 45 are here; unpacking them ...",
    ]
    assert (folder / target).exists()


def test_where_pip_fails_nothing_is_ready(folder: Path, target: str) -> None:
    (folder / target).touch()
    os.utime(folder / target, (0, 0))  # from an older requirements.lock
    assert make(folder, target, 1).returncode
    assert not (folder / target).exists()
