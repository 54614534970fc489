"""Mutant solutions: each a patch on the finished stage that makes one mistake, and says which checks must catch it."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from workshop.course.errors import CourseError
from workshop.course.git import Git
from workshop.course.lesson import Lesson
from workshop.course.stages import Tree, folder

_HEAD = re.compile(r"Wrong: (?P<what>.+)\nCaught by: (?P<checks>test_\w+(, test_\w+)*)\n")


@dataclass(frozen=True)
class Mutant:
    """A wrong solution: `what` is wrong with it, the `checks` that catch it, and the file with the patch."""

    file: str
    what: str
    checks: frozenset[str]
    patch: str


def mutants_of(git: Git, main: Tree, lesson: Lesson) -> Iterator[Mutant]:
    """Yield all that a lesson has.

    Raises:
        CourseError: one doesn't say what is wrong with it, and who catches it.
    """
    for name, entry in sorted(folder(main, lesson, "wrong").items()):
        file = f"wrong/{name}"
        patch = git.run("cat-file", "blob", entry.split()[1])
        head = _HEAD.match(patch)
        if not head:
            raise CourseError(
                f"{lesson.folder}/{file}: the first two lines must be `Wrong: WHAT` and `Caught by: test_…, test_…`."
            )
        yield Mutant(file, head["what"], frozenset(head["checks"].split(", ")), patch)
