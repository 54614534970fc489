"""Mutants: wrong solutions, each a patch on the finished stage with one mistake, that says which checks catch it."""

import re
from dataclasses import dataclass

from workshop.course.errors import CourseError

_RED = r"(test_\w+|\w\S*/\S*\w)"
_HEAD = re.compile(rf"Wrong: .+\nCaught by: (?P<checks>{_RED}(, {_RED})*)\n")


@dataclass(frozen=True)
class Mutant:
    """A wrong solution: the checks that it is `caught_by`, and its `patch`, a unified diff.

    What no check can run with is caught by the file in which that is.
    """

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
