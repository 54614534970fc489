"""Every file belongs to the base or to one lesson, and every stage stands alone: its checks, its demo and its site."""

import os
import sys
from pathlib import Path

import pytest

from workshop.course import stages
from workshop.course.lesson import Lesson
from workshop.system import processes

from .conftest import Main, assert_none

pytestmark = pytest.mark.slow


def test_every_file_is_in_the_stages_where_it_should_be(main: Main) -> None:
    problems = stages.problems(main.course, main.tree)
    assert_none(f"{lesson.name} {what}" if lesson else what for lesson, what in problems)


@pytest.mark.timeout(180)
@pytest.mark.parametrize("target", ["test", "demo", "docs"])
def test_in_its_stage_make_succeeds(main: Main, lesson: Lesson, target: str, tmp_path: Path) -> None:
    made, log = ["--old-file=.venv/ready", "--old-file=.venv/site"], tmp_path / "make.log"
    with main.stage(lesson) as folder:
        process = processes.start(
            ["make", "--no-print-directory", *made, f"WORKSHOP={sys.executable} -m workshop", target],
            log=log,
            cwd=folder,
            env={**os.environ, "QUICK": "1", "WORKSHOP_HOME": str(tmp_path / "workspace")},
        )
        try:
            process.wait()
        finally:
            processes.stop([process], grace=10)
    if process.returncode:
        pytest.fail(f"`make {target}` fails:\n{processes.tail(log, 30)}", pytrace=False)
