"""`workshop check`: the checks of a lesson, on the code in the working tree."""

import contextlib
import sys

import click

from workshop.course import definition
from workshop.course.lesson import Lesson
from workshop.grading.runner import Runner
from workshop.student import current_lesson, progress
from workshop.student.report import Report
from workshop.system import file_watcher
from workshop.workspace import home
from workshop.workspace.cluster import CHECKOUT


@click.command("check")
@click.argument("lesson", required=False)
@click.option("--watch", "watching", is_flag=True, help="Check again each time you save, until Ctrl-C.")
def command(lesson: str | None, watching: bool) -> None:
    """Check LESSON (01), or the one whose stage this is; exit 0 if all checks are green, 1 if not."""
    chosen = current_lesson.chosen(CHECKOUT, definition.read(CHECKOUT), lesson)
    saves = file_watcher.saves(CHECKOUT / exercise.file for exercise in chosen.exercises)
    with contextlib.closing(Runner()) as runner:
        green = _run(chosen, runner)
        while watching:
            click.echo("\nSave your file, and it is checked again. Ctrl-C ends this.")
            runner.prepare(CHECKOUT)
            next(saves)
            click.echo()
            _run(chosen, runner)
    raise SystemExit(0 if green else 1)


def _run(lesson: Lesson, runner: Runner) -> bool:
    report = Report(lesson, sys.stdout)
    report.begin()
    runner.prepare(CHECKOUT)
    result = runner.check(CHECKOUT, lesson, report.show)
    report.end(result)
    folder = home.layout().root
    progress.write(folder, lesson.name, progress.read(folder, lesson.name).checked(result.outcomes))
    return result.green
