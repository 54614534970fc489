"""`workshop gates`: whether the lessons hold what they promise. The gates are tests, and pytest runs them."""

import os
import sys

import click

from workshop.course import definition
from workshop.course.errors import CourseError
from workshop.student import current_lesson
from workshop.workspace.cluster import CHECKOUT

_AT_A_TIME = 4  # keep two cores busy


@click.command("gates")
@click.argument("lesson", required=False)
def command(lesson: str | None) -> None:
    """Judge all lessons, or LESSON (01) alone; exit 0 if nothing is wrong, 1 if something is."""
    course = definition.read(CHECKOUT)
    if current_lesson.current(CHECKOUT, course):
        raise CourseError("This is a lesson's stage. The gates are on main: git switch main")
    only = ["-k", course.lesson(lesson).name] if lesson else []
    os.chdir(CHECKOUT)
    options = ["--verbose", "--no-header", f"--numprocesses={_AT_A_TIME}", "--maxschedchunk=1"]
    os.execv(  # noqa: S606  # every signal is for pytest
        sys.executable, [sys.executable, "-m", "pytest", *options, *only, "tests/gates"]
    )
