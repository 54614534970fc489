"""`workshop lessons`: the way through the course, and where one is on it."""

import click

from workshop.course import definition, tags
from workshop.course.errors import CourseError
from workshop.course.git import open_clone
from workshop.course.lesson import Course
from workshop.student import current_lesson, progress
from workshop.workspace import home
from workshop.workspace.cluster import CHECKOUT


@click.command("lessons")
def command() -> None:
    """List the lessons: which one this is, and what is done."""
    course = _course()
    here = current_lesson.current(CHECKOUT, course)
    folder = home.layout().root
    for lesson in course.lessons:
        mark = ">" if lesson == here else " "
        state = _state(progress.read(folder, lesson.name))
        click.echo(f"{mark} {lesson.name:<16} {lesson.title:<44} {lesson.minutes:>3} min  {state}".rstrip())
    if here:
        click.echo(f"\nThis is lesson {here.number}. Its page is {here.folder}/lesson.md")
    else:
        click.echo("\nThis is main, which holds the finished operator. Begin with: make start LESSON=01")


def _course() -> Course:
    try:
        return tags.whole_course(open_clone(CHECKOUT))
    except CourseError:  # without git, or without tags: what lies here
        return definition.read(CHECKOUT)


def _state(known: progress.Progress) -> str:
    if known.green:
        return click.style("green", fg="green")
    if known.outcomes:
        return f"{sum(known.outcomes.values())} of {len(known.outcomes)} checks green"
    return ""
