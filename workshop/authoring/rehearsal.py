"""Runs the commands of a page as its reader would, one after the other in one shell, and compares what they print.

The reader has a fresh clone. Whoever reads a lesson has solved the one before it, and solves its exercises on the way;
a page that a lesson adds is for those who have solved that lesson; any other page is read on main.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from workshop.authoring.clone import environment, fresh_clone
from workshop.authoring.shell import Shell, ShellError, bash
from workshop.course import definition, stages, tags
from workshop.course.console_commands import Command, commands, end_of_exercises
from workshop.course.git import Git
from workshop.course.lesson import Course, Lesson
from workshop.student import branch

LIMIT = 120.0  # seconds for one command
_FAREWELL = ".venv/bin/workshop down"


def rehearse(root: Path, path: str, limit: float = LIMIT) -> list[str]:
    """Run the commands of the page `path` in `root`, each for at most `limit` seconds; nothing of it is left.

    What is wrong with the page is returned, each as a sentence that says the line.

    Raises:
        CourseError: the course can't be read, or its lessons can't be started.
    """
    text = (root / path).read_text()
    with fresh_clone(root) as git:
        exercises = _begin(git, path, text)
        with bash(git.work_tree, environment(git.work_tree), _FAREWELL) as shell:
            return list(_problems(shell, path, commands(text), exercises, git.work_tree, limit))


@dataclass(frozen=True)
class _Exercises:
    """What a reader has written when a page goes on at `line`: the reference's files."""

    line: int
    files: Mapping[str, str]

    def solve(self, clone: Path) -> None:
        for path, text in self.files.items():
            (clone / path).write_text(text)


def _begin(git: Git, path: str, text: str) -> _Exercises | None:
    """Bring the clone to where the reader begins, and return what is solved on the page itself."""
    course = definition.read(git.work_tree)
    for lesson in course.lessons:
        if path == f"{lesson.folder}/lesson.md":
            exercises = _exercises(git, course, lesson, end_of_exercises(text))
            if before := course.before(lesson):
                _have_solved(git, course, before)
            return exercises
        if stages.owners(course, path) == [lesson.name]:
            _have_solved(git, course, lesson)
    return None


def _have_solved(git: Git, course: Course, lesson: Lesson) -> None:
    exercises = _exercises(git, course, lesson, 0)
    branch.start(git, course, lesson, from_solution=True)
    exercises.solve(git.work_tree)
    git.run("commit", "--quiet", "--no-gpg-sign", "--allow-empty", "--all", "--message", f"Lesson {lesson.number}")


def _exercises(git: Git, course: Course, lesson: Lesson, line: int) -> _Exercises:
    """The exercises of a lesson as main solves them."""
    reference = tags.stage_tree(git, course, git.tree("main"), lesson)
    return _Exercises(line, {each.file: git.text(reference, each.file) for each in lesson.exercises})


def _problems(
    shell: Shell, path: str, page: Iterable[Command], exercises: _Exercises | None, clone: Path, limit: float
) -> Iterator[str]:
    for command in page:
        if exercises and command.line > exercises.line:
            exercises.solve(clone)
            exercises = None
        where = f"{path}, line {command.line}: `{command.text}`"
        try:
            ran = shell.run(command.text, limit)
        except ShellError as error:
            yield f"{where} {error}{_quoted('It printed', error.printed)}"
            return
        if not command.printed(ran.output):
            shown = _quoted("The page shows", command.shows)
            yield f"{where} prints something else.{shown}{_quoted('Seen', ran.output)}"
        elif ran.code and command.shows_nothing:
            yield f"{where} fails with exit code {ran.code}, and the page doesn't say so.{_quoted('Seen', ran.output)}"


def _quoted(what: str, text: str) -> str:
    lines = "".join(f"\n    {line}" for line in text.strip().splitlines()) or " nothing"
    return f"\n  {what}:{lines}"
