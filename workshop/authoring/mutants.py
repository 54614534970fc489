"""Mutants: wrong solutions, each a patch on the finished stage with one mistake, that says which checks catch it."""

import re
from dataclasses import dataclass

from workshop.course.errors import CourseError

_HEAD = re.compile(r"Wrong: .+\nCaught by: (?P<checks>test_\w+(, test_\w+)*)\n")


@dataclass(frozen=True)
class Mutant:
    """A wrong solution: the checks that it is `caught_by`, and its `patch`, a unified diff."""

    caught_by: frozenset[str]
    patch: str


def parse(text: str) -> Mutant:
    """Return the mutant that stands in a file.

    Raises:
        CourseError: it doesn't say what is wrong with it, and who catches it.
    """
    head = _HEAD.match(text)
    if not head:
        raise CourseError("The first two lines must be `Wrong: WHAT` and `Caught by: test_…, test_…`.")
    return Mutant(frozenset(head["checks"].split(", ")), text)
