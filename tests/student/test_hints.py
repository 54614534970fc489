"""Which hint comes next."""

import pytest

from workshop.course import definition
from workshop.course.errors import CourseError
from workshop.course.lesson import Exercise, Lesson
from workshop.student.hints import exercise_at, exercise_changed, exercise_looked_at, next_hint
from workshop.student.progress import Progress
from workshop.workspace.cluster import CHECKOUT

EXERCISES = tuple(
    Exercise(name, f"{name}.py", name, checks=(f"test_{name}",), hints=("Think.", "So."), why="Because.")
    for name in ("scoop", "cone")
)
LESSON = Lesson(name="01-shop", title="The shop", minutes=1, adds=(), exercises=EXERCISES)


def checked(**outcomes: bool) -> Progress:
    return Progress().checked({f"test_{check}": passed for check, passed in outcomes.items()})


def test_hints_become_more_precise_and_the_last_one_stays() -> None:
    progress, hints = checked(menu=True, scoop=False, cone=False), []
    for _ in range(4):
        following = next_hint(LESSON, progress)
        assert following
        hints.append(following)
        progress = progress.hinted(following[0])
    assert hints == [(1, 1), (1, 2), (1, 2), (1, 2)]


def test_the_first_exercise_that_is_red_has_the_hint() -> None:
    assert next_hint(LESSON, checked(menu=True, scoop=True, cone=False).hinted(1)) == (2, 1)


def test_a_check_that_did_not_run_counts_as_red() -> None:
    assert next_hint(LESSON, checked(menu=False, cone=True)) == (1, 1)


def test_what_fails_comes_before_what_waits_for_it() -> None:
    assert next_hint(LESSON, checked(menu=True, cone=False)) == (2, 1)


def test_where_only_what_held_from_the_start_is_red_the_hint_is_for_the_last_exercise() -> None:
    assert next_hint(LESSON, checked(menu=False, scoop=True, cone=True)) == (2, 1)


@pytest.mark.parametrize(
    ("progress", "message"),
    [
        (Progress(), r"Run the checks first.*make test LESSON=01"),
        (Progress().checked({"scoop.py": False}), r"Nothing could be checked.*make test LESSON=01"),
    ],
    ids=["nothing was checked", "a file can't be imported"],
)
def test_where_there_is_no_hint_it_says_what_to_do(progress: Progress, message: str) -> None:
    with pytest.raises(CourseError, match=message):
        next_hint(LESSON, progress)


def test_where_all_is_green_there_is_none() -> None:
    assert next_hint(LESSON, checked(menu=True, scoop=True, cone=True)) is None


def test_an_exercise_that_is_asked_for_has_the_hint_whatever_is_red() -> None:
    assert next_hint(LESSON, Progress(), 2) == (2, 1)
    assert next_hint(LESSON, checked(menu=True, scoop=True, cone=True).hinted(1), 1) == (1, 2)
    with pytest.raises(CourseError, match=r"exercises 1 to 2, and no 3"):
        next_hint(LESSON, Progress(), 3)


def test_where_nothing_could_be_checked_the_hint_is_for_where_the_reason_stands() -> None:
    assert next_hint(LESSON, Progress().checked({"cone.py": False}, broken=2)) == (2, 1)


def test_where_only_what_held_from_the_start_is_red_the_hint_is_for_what_was_changed_last() -> None:
    assert next_hint(LESSON, Progress().checked({"test_scoop": True, "test_cone": True, "x": False}, changed=1)) == (
        1,
        1,
    )


REAL = definition.read(CHECKOUT)
CRD = "deploy/crds/demo.lva.io_icecreams.yaml"
RECONCILER = "icecream_operator/reconciler.py"


@pytest.mark.parametrize(
    ("number", "file", "words", "exercise"),
    [
        ("01", CRD, "minItems: 1", 1),
        ("01", CRD, "subresources:", 2),
        ("01", CRD, "description: Whether one of its flavours has none left to sell.\n                  type", 2),
        ("01", CRD, "name: ToppingsCount", 3),
        ("01", CRD, "fieldPath", 4),
        ("01", CRD, "kind: CustomResourceDefinition", 1),
        ("02", RECONCILER, "if not self.cache.synced", 3),
        ("02", RECONCILER, "await step(reconciliation)", 4),
        ("02", "icecream_operator/status.py", "soldOut", 2),
        ("02", CRD, "kind:", 0),
    ],
)
def test_a_line_belongs_to_the_exercise_whose_place_is_around_it(
    number: str, file: str, words: str, exercise: int
) -> None:
    lesson, text = REAL.lesson(number), (CHECKOUT / file).read_text()
    line = text[: text.index(words)].count("\n") + 1
    assert exercise_at(lesson, file, text, line) == exercise
    assert exercise_looked_at(lesson, f"{file}, line {line}: somewhere", {file: text}) == exercise


def test_what_was_changed_last_is_where_the_text_differs() -> None:
    text = (CHECKOUT / CRD).read_text()
    lesson = REAL.lesson("01")
    assert exercise_changed(lesson, {CRD: text}, {CRD: text}) == 0
    assert exercise_changed(lesson, {CRD: text}, {CRD: text.replace("name: SoldOut", "name: Sold")}) == 3
