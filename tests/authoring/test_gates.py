"""The gates find what they are there for: each kind of fault is named, with its reason, and nothing else is."""

from pathlib import Path

import nbformat
import pytest

from workshop.authoring.gates import (
    checks_in,
    missing_hints,
    missing_outcome_of_starter,
    outdated_starter,
    unexpected_outcomes,
    vacuous_checks,
)
from workshop.course import definition
from workshop.course.lesson import Exercise, Lesson
from workshop.grading.result import CheckResult, LessonResult
from workshop.testing.failures import Explanation
from workshop.workspace.cluster import CHECKOUT

from ..made_up_course import Clone, written

pytestmark = pytest.mark.slow

MAKEFILE = """\
start: .venv/ready
\t@cp -r lessons/01-price/starter/. . && echo "Lesson 01"
test: .venv/ready
\t@! grep -q "return 1" shop/price.py || { echo " ✗ three scoops cost six (exercise 1)"; exit 1; }
\t@! grep -qs "NotImplementedError" shop/cone.py || { echo " ✗ three scoops fit (exercise 1)"; exit 1; }
demo: .venv/ready
\t@test ! -e shop/ahead.py
docs: .venv/site
\t@test "$$QUICK" = 1
.venv/ready .venv/site:
\t@false
"""
PAGE = """\
# The page

```console
$ {start}
```

## Exercises

```console
$ make test LESSON={number}
 ✗ {red} (exercise 1)
...
```

## And now

```console
$ make test
$ tail -n 1 {file}
    {solved}
```
"""
PAGE_1 = PAGE.format(
    start="make start LESSON=01\nLesson 01",
    number="01",
    red="three scoops cost six",
    file="shop/price.py",
    solved="return 2 * scoops",
)
PAGE_2 = PAGE.format(
    start="git checkout --quiet lesson-02-cone-start -- .",
    number="02",
    red="three scoops fit",
    file="shop/cone.py",
    solved="return scoops <= 3",
)
MUTANT = """\
Wrong: {what}
Caught by: {checks}
--- a/shop/price.py
+++ b/shop/price.py
@@ -1,2 +1,2 @@
 def price(scoops):
-    return 2 * scoops
+    {line}
"""
SECOND_FREE = MUTANT.format(
    what="It gives the second scoop away.", checks="test_three_scoops_cost_six", line="return 2 * min(scoops, 1)"
)
NO_NUMBER = MUTANT.format(
    what="It isn't always the same.",
    checks="test_prices_are_numbers, test_three_scoops_cost_six",
    line='return scoops and float("nan")',
)


FAILED, BROKE = Explanation("two", "one", "a.py"), Explanation("", "TypeError", "test_a.py, line 1", own=False)


@pytest.mark.parametrize(
    ("results", "red", "problems"),
    [
        ([CheckResult("test_a"), CheckResult("test_b", FAILED)], {"test_b"}, []),
        ([CheckResult("test_a[1]"), CheckResult("test_a[2]", FAILED)], {"test_a"}, []),
        ([CheckResult("test_a")], {"test_a"}, ["test_a passes, and should fail"]),
        ([], {"test_a"}, ["test_a was not run, and should fail"]),
        (
            [CheckResult("test_a[1]", FAILED)],
            set(),
            ["test_a[1] fails, and should pass: expected two; seen: one (a.py)"],
        ),
        (
            [CheckResult("test_a", BROKE)],
            {"test_a"},
            ["test_a breaks instead of failing: expected otherwise; seen: TypeError (test_a.py, line 1)"],
        ),
    ],
)
def test_what_is_red_must_be_what_should_be(results: list[CheckResult], red: set[str], problems: list[str]) -> None:
    result = LessonResult(tuple(results), len(results), len(results), ended_well=True, seconds=0)
    assert list(unexpected_outcomes(result, red)) == problems


def lesson(checks: tuple[str, ...] = (), hints: tuple[str, ...] = ("Think.", "So.")) -> Lesson:
    return Lesson("01-price", "The price", 1, (), (Exercise("The price", "a.py", "price", checks, hints, "Because."),))


def test_a_check_that_neither_the_starter_nor_a_mutant_fails_is_vacuous() -> None:
    checks = checks_in(
        "import x\n\ndef test_a():\n    def test_inner(): ...\n\nasync def test_b(): ...\ndef test_c(): ...\n"
    )
    assert checks == {"test_a", "test_b", "test_c"}
    assert list(vacuous_checks(checks, {"test_a", "test_b"})) == [
        "test_c fails for nothing that is wrong, so it checks nothing"
    ]


def test_fewer_hints_than_two_are_too_few() -> None:
    assert list(missing_hints(lesson(hints=("Think.",)))) == ["exercise 1 has 1 hints, and needs at least 2"]
    assert list(missing_hints(lesson())) == []


MAIN = """
import math
LIMIT = 3
def price(scoops):
    return _double(scoops)
def _double(number):
    return 2 * number
class Cone:
    def fits(self, scoops):
        return scoops <= LIMIT
    def volume(self):
        return math.pi
"""


@pytest.mark.parametrize(
    ("starter", "problems"),
    [
        (MAIN, []),
        (MAIN.replace("return _double(scoops)", "raise NotImplementedError").replace("import math\n", ""), []),
        (MAIN.replace("def _double(number):\n    return 2 * number\n", ""), []),
        (MAIN.replace("2 * number", "number"), ["has an old _double"]),
        (MAIN.replace("LIMIT = 3", "LIMIT = 2"), ["has an old (the rest)"]),
        (MAIN.replace("<= LIMIT", "< LIMIT"), ["has an old Cone.fits"]),
        (MAIN.replace("(self, scoops)", "(self)"), ["has an old Cone.fits"]),
        (MAIN.partition("    def volume")[0], ["lacks Cone.volume"]),
        (MAIN.partition("class")[0], ["lacks Cone", "lacks Cone.(the rest)", "lacks Cone.fits", "lacks Cone.volume"]),
    ],
)
def test_a_starter_is_as_main_but_for_what_is_to_be_written(starter: str, problems: list[str]) -> None:
    assert list(outdated_starter(starter, MAIN, {"price"})) == [
        f"the starter {problem}, which no exercise is about" for problem in problems
    ]


BLOCK = "```console\n$ make test LESSON={}\n```\n"


@pytest.mark.parametrize(
    ("page", "is_missing"),
    [
        (f"## Exercises\n\n{BLOCK.format('01')}\n## And now\n", False),
        (f"## Exercises\n\n{BLOCK.format('02')}\n## And now\n", True),
        (f"## Exercises\n\n## And now\n\n{BLOCK.format('01')}", True),
        ("# What a scoop costs\n", True),
    ],
)
def test_a_page_shows_what_the_starter_fails_before_its_exercises_are_solved(page: str, is_missing: bool) -> None:
    assert bool(list(missing_outcome_of_starter(lesson(), page))) == is_missing


class Reports:
    """What became of each gate, by `file[id]`: why it failed, or nothing."""

    def __init__(self) -> None:
        self.outcomes: dict[str, str] = {}
        self.collected: list[str] = []

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        self.collected = [_short(item.nodeid) for item in session.items]

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        if report.failed:
            self.outcomes[report.nodeid] = report.longreprtext

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.when == "call" or not report.passed:
            name = _short(report.nodeid)
            self.outcomes[name] = self.outcomes.get(name, "") + report.longreprtext

    @property
    def failures(self) -> dict[str, str]:
        return {name: why for name, why in self.outcomes.items() if why}


def _short(node: str) -> str:
    """`mutants[01-price-never]`; where a file has two tests of the same parameters, both count."""
    file, _, test = node.partition("::")
    return Path(file).stem.removeprefix("test_") + (f"[{test.partition('[')[2]}" if "[" in test else "")


def run_gates(root: Path, *options: str) -> Reports:
    reports = Reports()
    pytest.main([str(CHECKOUT / "tests/gates"), f"--course-root={root}", *options], plugins=[reports])
    return reports


def adds(course: Clone, path: str) -> None:
    """Have lesson 01 add one more file."""
    toml = "lessons/01-price/lesson.toml"
    course.write(toml, course.read(toml).replace('adds = ["', f'adds = ["{path}", "'))


def write_notebook(course: Clone, code: str) -> None:
    course.write("notebooks/scoops.ipynb", "")
    book = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(code)])
    nbformat.write(book, course.root / "notebooks/scoops.ipynb")


def good_course(root: Path) -> Clone:
    """The made-up course with all that the gates want, as from a ZIP."""
    course = written(root)
    (root / "Makefile").write_text(MAKEFILE)
    course.write("lessons/course.toml", course.read("lessons/course.toml").replace("[", '["Makefile", ', 1))
    for path in ("notebooks/scoops.ipynb", "shop/about.md"):
        adds(course, path)
    write_notebook(course, "from shop.price import price\nassert price(3) == 6")
    course.write("shop/about.md", "```console\n$ tail -n 1 shop/price.py\n    return 2 * scoops\n```\n")
    course.write("lessons/01-price/wrong/second-free.patch", SECOND_FREE)
    course.write("lessons/01-price/wrong/no-number.patch", NO_NUMBER)
    course.write("lessons/01-price/lesson.md", PAGE_1)
    course.write("lessons/02-cone/lesson.md", PAGE_2)
    return course


@pytest.fixture(scope="module")
def good(tmp_path_factory: pytest.TempPathFactory) -> Reports:
    course = good_course(tmp_path_factory.mktemp("good"))
    course.write(".gitignore", "*.log\n.gitignore\n")
    course.write("debug.log", "nobody's")
    return run_gates(course.root)


def test_a_course_that_holds_its_promises_passes_without_git_and_whatever_git_ignores(good: Reports) -> None:
    assert good.failures == {}


def test_every_gate_has_run_for_every_lesson(good: Reports) -> None:
    lessons = ("01-price", "02-cone")
    assert set(good.outcomes) == {
        *(f"{gate}[{lesson}]" for gate in ("hints", "mutants", "pages", "starters") for lesson in lessons),
        *(f"stages[{lesson}-{target}]" for lesson in lessons for target in ("test", "demo", "docs")),
        *(f"pages[{lesson}-lessons/{lesson}/lesson.md]" for lesson in lessons),
        *("mutants[01-price-second-free]", "mutants[01-price-no-number]"),
        *(
            "notebooks[01-price-notebooks/scoops.ipynb]",
            "pages[01-price-shop/about.md]",
            "pages[base-README.md]",
            "stages",
            "tags",
        ),
    }


@pytest.fixture(scope="module")
def bad(tmp_path_factory: pytest.TempPathFactory) -> Reports:
    """What the gates say of a course with one fault of each kind."""
    course = good_course(tmp_path_factory.mktemp("bad"))
    course.write("shop/new.py", "")
    toml = course.read("lessons/course.toml").replace("[", '["shop/ahead.py", ', 1)
    course.write("lessons/course.toml", toml.replace('later = ["shop/ahead.py"]', "later = []"))
    course.write("lessons/01-price/starter/shop/price.py", "import nowhere\ndef price(scoops):\n    return 1\n")
    course.write("lessons/02-cone/starter/shop/cone.py", "def fits(scoops):\n    return True\n")
    course.write("lessons/01-price/lesson.md", PAGE_1.replace("three scoops", "four scoops"))
    course.write("lessons/02-cone/lesson.md", "## Exercises\n\n## And now\n\n```console\n$ make test LESSON=02\n```\n")
    course.write("shop/about.md", "```console\n$ tail -n 1 shop/price.py\n    return 1\n```\n")
    write_notebook(course, "import shop.cone")
    wrong = "lessons/01-price/wrong"
    (course.root / wrong / "no-number.patch").unlink()
    course.write(f"{wrong}/right.patch", SECOND_FREE.replace("2 * min(scoops, 1)", "scoops + scoops"))
    course.write(f"{wrong}/caught-by-another.patch", SECOND_FREE.replace("2 * min(scoops, 1)", "1"))
    course.write(f"{wrong}/does-not-fit.patch", SECOND_FREE.replace("-    return 2 * scoops", "-    return two"))
    course.write(f"{wrong}/breaks.patch", SECOND_FREE.replace("return 2 * min(scoops, 1)", "pass"))
    course.write("lessons/02-cone/wrong/says-nothing.patch", SECOND_FREE.replace("Wrong: ", "It "))
    toml = course.read("lessons/02-cone/lesson.toml")
    course.write("lessons/02-cone/lesson.toml", toml.replace('"Count.", ', ""))
    return run_gates(course.root)


HEAD = "The first two lines must be `Wrong: WHAT` and `Caught by: test_…, test_…`."
FAULTS = {
    "stages": "shop/new.py belongs to no lesson, and not to the base (lessons/course.toml)",
    "stages[01-price-demo]": "`make demo` fails",
    "stages[02-cone-demo]": "`make demo` fails",
    "starters[01-price]": "shop/price.py fails, and should pass: expected it to end with an answer; "
    "seen: ModuleNotFoundError: No module named 'nowhere' (shop/price.py, line 1: import nowhere)",
    "starters[02-cone]": "test_three_scoops_fit passes, and should fail",
    "pages[01-price-lessons/01-price/lesson.md]": "lesson.md, line 11: `make test LESSON=01` prints something else.\n"
    "  The page shows:\n    ✗ four scoops cost six (exercise 1)\n    ...\n"
    "  Seen:\n    ✗ three scoops cost six (exercise 1)",
    "pages[02-cone]": "lesson.md doesn't show what `make test LESSON=02` says about the starter",
    "pages[01-price-shop/about.md]": "shop/about.md, line 2: `tail -n 1 shop/price.py` prints something else.",
    "notebooks[01-price-notebooks/scoops.ipynb]": "cell 1 (import shop.cone): ModuleNotFoundError",
    "mutants[01-price-right]": "test_three_scoops_cost_six passes, and should fail",
    "mutants[01-price-caught-by-another]": "test_no_scoop_costs_nothing fails, and should pass",
    "mutants[01-price-does-not-fit]": "patch does not apply",
    "mutants[01-price-breaks]": "test_prices_are_numbers fails, and should pass",
    "mutants[01-price]": "test_prices_are_numbers fails for nothing that is wrong, so it checks nothing",
    "mutants[02-cone-says-nothing]": HEAD,
    "mutants[02-cone]": HEAD,
    "hints[02-cone]": "exercise 1 has 1 hints, and needs at least 2",
}


@pytest.mark.parametrize("gate", FAULTS)
def test_a_fault_is_named_with_its_reason(bad: Reports, gate: str) -> None:
    assert FAULTS[gate] in bad.outcomes[gate]
    assert "tests/gates/" not in bad.outcomes[gate]  # as a stack would say


def test_what_is_in_order_beside_a_fault_passes(bad: Reports) -> None:
    assert set(bad.failures) == set(FAULTS)


def test_inside_a_stage_there_are_no_gates(folder: Clone) -> None:
    folder.write(".stage", "01-price\n")
    failures = run_gates(folder.root).failures
    assert set(failures.values()) == {"This is a lesson's stage. The gates are on main: git switch main"}


def test_the_gates_of_the_course_that_lies_here_are_not_empty() -> None:
    collected = run_gates(CHECKOUT, "--collect-only").collected
    assert {"pages[base-README.md]", "pages[base-docs/index.md]"} <= set(collected)
    for lesson in definition.read(CHECKOUT).lessons:
        assert sum(gate.startswith(f"mutants[{lesson.name}-") for gate in collected) >= 6
        assert any(gate.startswith(f"notebooks[{lesson.name}-") for gate in collected)


def test_a_lesson_is_chosen_by_its_name(tmp_path: Path) -> None:
    collected = run_gates(good_course(tmp_path).root, "--collect-only", "-k", "02-cone").collected
    assert collected
    assert all("[02-cone" in gate for gate in collected)
