"""`workshop check`: the checks of a lesson, on the code in the working tree."""

import contextlib
import sys
from collections.abc import Collection

import click

from workshop.course import definition
from workshop.course.lesson import Lesson
from workshop.grading.result import LessonResult
from workshop.grading.runner import Runner
from workshop.student import current_lesson, hints, progress
from workshop.student.progress import Progress
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
        result = _run(chosen, runner)
        green = result.green
        while watching:
            click.echo("\nSave your file, and it is checked again. Ctrl-C ends this.")
            runner.prepare(CHECKOUT)
            next(saves)
            click.echo()
            result = _run(chosen, runner, {each.check for each in result.results if each.passed})
    raise SystemExit(0 if green else 1)


def _run(lesson: Lesson, runner: Runner, green: Collection[str] = ()) -> LessonResult:
    report = Report(lesson, sys.stdout, green)
    report.begin()
    runner.prepare(CHECKOUT)
    result = runner.check(CHECKOUT, lesson, report.show)
    report.end(result)
    folder = home.layout().root
    known = progress.read(folder, lesson.name)
    progress.write(folder, lesson.name, _learned(lesson, known, result))
    return result


def _learned(lesson: Lesson, known: Progress, result: LessonResult) -> Progress:
    paths = {exercise.file: CHECKOUT / exercise.file for exercise in lesson.exercises}
    texts = {file: path.read_text(errors="replace") for file, path in paths.items() if path.is_file()}
    changed = hints.exercise_changed(lesson, known.texts, texts) if known.texts else 0
    looks = [each.failure.look for each in result.red if each.failure and not result.run]
    broken = hints.exercise_looked_at(lesson, looks[0], texts) if looks else 0
    return known.checked(result.outcomes, texts=texts, changed=changed or known.changed, broken=broken)
