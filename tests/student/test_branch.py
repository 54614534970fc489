"""A student's way onto a branch of their own, and on to the next lesson: nothing that they wrote is ever lost."""

import pytest

from workshop.course import tags
from workshop.course.errors import CourseError
from workshop.student.branch import Started, start

from ..made_up_course import Clone


def begin(clone: Clone, number: str, *, from_solution: bool = False) -> Started:
    course = tags.whole_course(clone.git)
    return start(clone.git, course, course.lesson(number), from_solution=from_solution)


def branch(clone: Clone) -> str:
    return clone.run("branch", "--show-current").strip()


MINE = "def price(scoops):\n    return scoops + scoops  # mine\n"


def test_the_first_lesson_is_its_start_on_a_branch_of_ones_own(clone: Clone) -> None:
    assert begin(clone, "01") == Started("my-01-price", again=False)
    assert branch(clone) == "my-01-price"
    assert clone.read("shop/price.py") == "def price(scoops):\n    return 1\n"
    assert not (clone.root / "shop/cone.py").exists()
    assert clone.run("status", "--porcelain") == ""


def test_the_next_lesson_keeps_what_was_written(clone: Clone) -> None:
    begin(clone, "01")
    clone.write("shop/price.py", MINE)
    clone.write("notes.txt", "Two a scoop.\n")
    clone.commit()
    assert begin(clone, "02") == Started("my-02-cone", again=False)
    assert clone.read("shop/price.py") == MINE
    assert clone.read("notes.txt") == "Two a scoop.\n"
    assert "NotImplementedError" in clone.read("shop/cone.py")
    assert clone.read(".stage") == "02-cone\n"
    assert clone.read("shop/steps.py") == "STEPS = ('price', 'cone')\n"
    assert clone.run("log", "-1", "--format=%s", "my-01-price").strip() == "What I have so far"


def test_a_lesson_begun_before_is_gone_on_with(clone: Clone) -> None:
    begin(clone, "01")
    clone.write("shop/price.py", MINE)
    clone.commit()
    clone.run("switch", "--quiet", "main")
    assert begin(clone, "01") == Started("my-01-price", again=True)
    assert clone.read("shop/price.py") == MINE


def test_on_its_branch_already_a_lesson_is_gone_on_with_whatever_is_not_committed(clone: Clone) -> None:
    begin(clone, "01")
    clone.write("shop/price.py", MINE)
    assert begin(clone, "01") == Started("my-01-price", again=True)
    assert clone.read("shop/price.py") == MINE


def test_a_deleted_file_is_told_with_the_way_back(clone: Clone) -> None:
    begin(clone, "01")
    (clone.root / "shop/price.py").unlink()
    with pytest.raises(CourseError, match=r"shop/price.py.*\n.*git restore shop/price.py"):
        begin(clone, "02")


def test_from_main_the_next_lesson_goes_on_from_the_one_before(clone: Clone) -> None:
    begin(clone, "01")
    clone.write("shop/price.py", MINE)
    clone.commit()
    clone.run("switch", "--quiet", "main")
    begin(clone, "02")
    assert clone.read("shop/price.py") == MINE


def test_uncommitted_work_is_never_overwritten(clone: Clone) -> None:
    begin(clone, "01")
    clone.write("shop/price.py", MINE)
    with pytest.raises(CourseError, match=r"aren't committed: shop/price.py.*\n.*\n.*git commit --all"):
        begin(clone, "02")
    assert (branch(clone), clone.read("shop/price.py")) == ("my-01-price", MINE)


def test_a_file_that_git_doesnt_know_is_never_overwritten(clone: Clone) -> None:
    begin(clone, "01")
    clone.write("shop/cone.py", "mine\n")
    with pytest.raises(CourseError, match=r"shop/cone\.py"):
        begin(clone, "02")
    assert (branch(clone), clone.read("shop/cone.py")) == ("my-01-price", "mine\n")
    assert clone.run("branch", "--list", "my-02-cone") == ""


def test_where_both_changed_a_file_nothing_changes_and_it_says_which(clone: Clone) -> None:
    begin(clone, "01")
    clone.write("shop/steps.py", "STEPS = ('mine',)\n")
    clone.commit()
    with pytest.raises(CourseError, match=r"both changed shop/steps\.py") as refused:
        begin(clone, "02")
    assert (branch(clone), clone.read("shop/steps.py")) == ("my-01-price", "STEPS = ('mine',)\n")
    assert clone.run("status", "--porcelain") == ""
    clone.run(*str(refused.value).splitlines()[-1].split("&&")[1].split()[1:])
    clone.commit("Put back")
    assert begin(clone, "02").branch == "my-02-cone"


def test_a_skipped_lesson_is_asked_for(clone: Clone) -> None:
    with pytest.raises(CourseError, match=r"haven.t begun lesson 01.*make start LESSON=02 FROM_SOLUTION=1"):
        begin(clone, "02")
    assert branch(clone) == "main"


def test_from_solution_takes_the_reference_for_what_was_skipped(clone: Clone) -> None:
    begin(clone, "02", from_solution=True)
    assert clone.read("shop/price.py") == "def price(scoops):\n    return 2 * scoops\n"
    assert "NotImplementedError" in clone.read("shop/cone.py")


def test_from_solution_overwrites_no_branch(clone: Clone) -> None:
    begin(clone, "01")
    with pytest.raises(CourseError, match="git branch --move my-01-price old"):
        begin(clone, "01", from_solution=True)


def test_a_student_needs_no_name_for_git(clone: Clone, monkeypatch: pytest.MonkeyPatch) -> None:
    begin(clone, "01")
    clone.write("shop/price.py", MINE)
    clone.commit()
    for variable in ("GIT_CONFIG_GLOBAL", "GIT_CONFIG_SYSTEM"):
        monkeypatch.setenv(variable, "/dev/null")
    monkeypatch.setenv("EMAIL", "")
    assert begin(clone, "02").branch == "my-02-cone"


def test_a_student_who_signs_everything_isnt_asked_to(clone: Clone) -> None:
    begin(clone, "01")
    clone.run("config", "commit.gpgSign", "true")
    assert begin(clone, "02").branch == "my-02-cone"


def test_on_an_instructors_detached_stage_a_refused_start_stays_there(clone: Clone) -> None:
    begin(clone, "01")
    clone.write("shop/steps.py", "STEPS = ('mine',)\n")
    clone.commit()
    clone.run("switch", "--quiet", "--detach", "lesson-02-cone")
    with pytest.raises(CourseError, match="both changed"):
        begin(clone, "02")
    assert clone.run("rev-parse", "HEAD") == clone.run("rev-parse", "lesson-02-cone")
    assert branch(clone) == ""
