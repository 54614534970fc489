"""The gates on a made-up course: a lesson that breaks its promise is named, with the gate and the reason."""

import contextlib
from collections.abc import Iterator
from pathlib import Path

import nbformat
import pytest

from workshop.authoring import gates
from workshop.authoring.gates import Judged
from workshop.course.errors import CourseError
from workshop.grading import runner
from workshop.workspace.cluster import Cluster

from .conftest import NO_CLUSTER, Clone

MAKEFILE = """\
start: .venv/ready
\t@cp lessons/01-price/starter/shop/price.py shop/price.py && echo "Lesson 01-price"
test: .venv/ready
\t@grep -q "2 \\* scoops" shop/price.py || { echo " ✗ three scoops cost six (exercise 1)"; exit 1; }
demo: .venv/ready
\t@test ! -e shop/ahead.py
docs: .venv/site
\t@test "$$QUICK" = 1
.venv/ready .venv/site:
\t@false
"""
WRONG = """\
Wrong: It gives the second scoop away.
Caught by: test_three_scoops_cost_six
--- a/shop/price.py
+++ b/shop/price.py
@@ -1,2 +1,2 @@
 def price(scoops):
-    return 2 * scoops
+    return 2 * min(scoops, 1)
"""
NEVER = """\
Wrong: It isn't always the same.
Caught by: test_prices_are_numbers, test_three_scoops_cost_six
--- a/shop/price.py
+++ b/shop/price.py
@@ -1,2 +1,2 @@
 def price(scoops):
-    return 2 * scoops
+    return scoops and float("nan")
"""
PAGE = """\
# What a scoop costs

```console
$ make start LESSON=01
Lesson 01-price
```

## Exercises

```console
$ make test LESSON=01
 ✗ three scoops cost six (exercise 1)
...
```

## And now

```console
$ make test
$ tail -n 1 shop/price.py
    return 2 * scoops
```
"""
GATE_4 = "gate 4 (every exercise has hints, every page and notebook runs)"
WRONG_FILE, NEVER_FILE = "lessons/01-price/wrong/second-free.patch", "lessons/01-price/wrong/never.patch"


@pytest.fixture
def course(folder: Clone, monkeypatch: pytest.MonkeyPatch) -> Clone:
    """The made-up course with all that the gates want, without a control plane, which its checks don't need."""

    @contextlib.contextmanager
    def nowhere() -> Iterator[Cluster]:
        yield NO_CLUSTER

    monkeypatch.setattr(runner, "running_control_plane", nowhere)
    (folder.root / "Makefile").write_text(MAKEFILE)
    folder.write("lessons/course.toml", folder.read("lessons/course.toml").replace("[", '["Makefile", ', 1))
    for path, text in ((WRONG_FILE, WRONG), (NEVER_FILE, NEVER), ("lessons/01-price/lesson.md", PAGE)):
        (folder.root / path).parent.mkdir(exist_ok=True)
        (folder.root / path).write_text(text)
    return folder


def judge(course: Clone) -> Judged:
    """Judge lesson 01, all of it in this process."""
    return gates.judge(course.root, course.course.lesson("01"), workers=1)


def problems(course: Clone) -> list[str]:
    return [str(problem) for problem in judge(course).problems]


def test_a_lesson_that_holds_its_promises_passes_without_git(course: Clone) -> None:
    judged = judge(course)
    assert judged.problems == ()
    assert judged.caught == 2
    assert judged.commands == 4
    assert gates.judge_course(course.root) == []


def adds(course: Clone, path: str) -> None:
    """Have lesson 01 add one more file."""
    toml = course.root / "lessons/01-price/lesson.toml"
    toml.write_text(toml.read_text().replace('adds = ["', f'adds = ["{path}", "'))


def test_the_course_is_judged_as_a_whole(course: Clone) -> None:
    course.write("shop/new.py", "")
    [problem] = gates.judge_course(course.root)
    assert str(problem).startswith("the course, gate 1 (every stage stands alone): shop/new.py belongs to no lesson")


def test_what_git_ignores_is_nobodys_business(course: Clone) -> None:
    course.write(".gitignore", "*.log\n.gitignore\n")
    course.write("debug.log", "")
    assert gates.judge_course(course.root) == []


def test_a_stage_that_does_not_stand_alone_is_named(course: Clone) -> None:
    course.write(
        "lessons/course.toml", course.read("lessons/course.toml").replace('later = ["shop/ahead.py"]', "later = []")
    )
    course.write("lessons/course.toml", course.read("lessons/course.toml").replace("[", '["shop/ahead.py", ', 1))
    [problem] = problems(course)
    assert problem.startswith("01-price, gate 1 (every stage stands alone): `make demo` fails")


def test_a_starter_that_passes_is_named(course: Clone) -> None:
    course.write("lessons/01-price/starter/shop/price.py", "def price(scoops):\n    return 0\n")
    told = "01-price, gate 2 (every starter fails, and says why): the starter passes test_no_scoop_costs_nothing"
    assert f"{told}, and should not" in problems(course)


def test_a_starter_that_cannot_be_imported_is_named(course: Clone) -> None:
    course.write("lessons/01-price/starter/shop/price.py", "import nowhere\n")
    assert any("gate 2" in problem and "ModuleNotFoundError" in problem for problem in problems(course))


def test_a_page_that_shows_another_message_is_named(course: Clone) -> None:
    page = course.root / "lessons/01-price/lesson.md"
    page.write_text(PAGE.replace("three scoops", "four scoops"))
    [problem] = problems(course)
    assert problem.startswith(
        f"01-price, {GATE_4}: lessons/01-price/lesson.md, line 11: `make test LESSON=01` prints something else."
    )
    assert "✗ three scoops cost six (exercise 1)" in problem


@pytest.mark.parametrize("section", ["", "## Exercises\n\n## And now\n\n```console\n$ make test LESSON=01\n```\n"])
def test_a_page_that_does_not_show_the_red_checks_of_the_starter_is_named(course: Clone, section: str) -> None:
    (course.root / "lessons/01-price/lesson.md").write_text(f"# What a scoop costs\n\n{section}")
    told = (
        "01-price, gate 2 (every starter fails, and says why): lesson.md doesn't show what `make test LESSON=01` says"
    )
    assert f"{told} about the starter" in problems(course)


def test_a_page_that_a_lesson_adds_is_run_too(course: Clone) -> None:
    adds(course, "shop/about.md")
    course.write("shop/about.md", "```console\n$ tail -n 1 shop/price.py\n    return 1\n```\n")
    [problem] = problems(course)
    assert "gate 4" in problem
    assert "shop/about.md, line 2: `tail -n 1 shop/price.py` prints something else." in problem


def test_a_notebook_that_a_lesson_adds_is_run_in_its_stage(course: Clone) -> None:
    adds(course, "notebooks/scoops.ipynb")
    book = nbformat.v4.new_notebook(
        cells=[nbformat.v4.new_code_cell("from shop.price import price\nassert price(3) == 6")]
    )
    (course.root / "notebooks").mkdir()
    nbformat.write(book, course.root / "notebooks/scoops.ipynb")
    judged = judge(course)
    assert (judged.notebooks, judged.problems) == (1, ())
    book.cells[0].source = "import shop.ahead"
    nbformat.write(book, course.root / "notebooks/scoops.ipynb")
    [problem] = problems(course)
    assert "gate 4" in problem
    assert "scoops.ipynb, cell 1 (import shop.ahead): ModuleNotFoundError" in problem


def test_a_wrong_solution_that_passes_is_named(course: Clone) -> None:
    (course.root / WRONG_FILE).write_text(WRONG.replace("2 * min(scoops, 1)", "scoops + scoops"))
    [problem] = problems(course)
    assert problem == (
        "01-price, gate 3 (every wrong solution is caught): "
        "wrong/second-free.patch passes test_three_scoops_cost_six, and should not"
    )


def test_a_wrong_solution_that_is_caught_by_another_check_is_named(course: Clone) -> None:
    (course.root / WRONG_FILE).write_text(WRONG.replace("2 * min(scoops, 1)", "1"))
    [problem] = problems(course)
    assert "wrong/second-free.patch fails test_no_scoop_costs_nothing, and should not" in problem


def test_a_patch_that_no_longer_fits_is_named(course: Clone) -> None:
    (course.root / WRONG_FILE).write_text(WRONG.replace("-    return 2 * scoops", "-    return two * scoops"))
    [problem] = problems(course)
    assert "wrong/second-free.patch: git apply" in problem
    assert "patch does not apply" in problem


def test_a_patch_that_does_not_say_what_is_wrong_is_refused(course: Clone) -> None:
    (course.root / WRONG_FILE).write_text(WRONG.replace("Wrong: ", "It "))
    with pytest.raises(CourseError, match=r"second-free.patch: the first two lines must be"):
        problems(course)


def test_a_check_that_nothing_fails_is_named(course: Clone) -> None:
    (course.root / NEVER_FILE).unlink()
    [problem] = problems(course)
    assert "gate 3" in problem
    assert "test_prices_are_numbers fails for nothing that is wrong" in problem


def test_too_few_hints_are_named(course: Clone) -> None:
    toml = course.root / "lessons/01-price/lesson.toml"
    toml.write_text(toml.read_text().replace('"Think of one scoop.", ', ""))
    assert problems(course) == [f"01-price, {GATE_4}: exercise 1 has 1 hints, and needs at least 2"]


def test_inside_a_stage_there_are_no_gates(course: Clone) -> None:
    course.write(".stage", "01-price\n")
    with pytest.raises(CourseError, match="git switch main"):
        gates.judge_course(Path(course.root))
