"""What the make targets of the lessons run."""

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
    pytest_on_all_cores = ".venv/bin/python -m pytest --numprocesses=3 --dist=worksteal"
    assert runs(folder, "test", *arguments)[-1] == pytest_on_all_cores + options


def test_setup_makes_the_tags(folder: Path) -> None:
    assert any("workshop tags" in line for line in runs(folder, "setup"))
