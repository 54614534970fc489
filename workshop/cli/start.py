"""`workshop start`: a lesson, on a branch of the student's own."""

import click

from workshop.course import tags
from workshop.course.git import open_clone
from workshop.student import branch
from workshop.workspace.cluster import CHECKOUT


@click.command("start")
@click.argument("lesson", required=False)
@click.option("--from-solution", is_flag=True, help="Take the reference for all lessons before this one.")
def command(lesson: str | None, from_solution: bool) -> None:
    """Begin LESSON (01), or go on with it, on a branch of your own; what you wrote before is kept."""
    if not lesson:
        raise click.UsageError("Which lesson? For example: make start LESSON=01")
    git = open_clone(CHECKOUT)
    course = tags.whole_course(git)
    chosen = course.lesson(lesson)
    started = branch.start(git, course, chosen, from_solution=from_solution)
    how = "on" if started.again else "now on"
    click.echo(f"Lesson {chosen.name}, {chosen.title}. You are {how} your branch {started.branch}.")
    click.echo(f"\nRead       {chosen.folder}/lesson.md ({chosen.minutes} minutes)")
    for number, exercise in enumerate(chosen.exercises, 1):
        click.echo(
            f"{'Write' if number == 1 else '':<10} {number}. {exercise.title}: {exercise.file}, {exercise.place}"
        )
    click.echo(f"Check      make test LESSON={chosen.number}")
    click.echo(f"Stuck?     make hint LESSON={chosen.number}")
