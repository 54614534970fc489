"""A red check tells a student what was expected, what was seen and where to look, whatever their code does; in bounded
time, and nothing that it started is left."""

import contextlib
from pathlib import Path

import psutil
import pytest

from workshop.grading import checking
from workshop.grading.result import CheckResult, LessonResult
from workshop.student.report import Report
from workshop.testing.polling import eventually

from ..made_up_course import NO_CLUSTER, Clone


def check(folder: Clone, *, number: str = "01") -> tuple[LessonResult, str]:
    """Run a lesson's checks, and return what a student reads."""
    lesson = folder.course.lesson(number)
    told: list[str] = []
    report = Report(lesson, told.append)
    result = checking.check(folder.root, lesson, NO_CLUSTER, report.hear)
    report.end(result)
    return result, "\n".join(told)


def write(folder: Clone, body: str) -> None:
    folder.write("shop/price.py", f"import os, sys, time\ndef price(scoops):\n{body}")


def assert_is_short(told: str) -> None:
    assert "Traceback" not in told
    assert "site-packages" not in told
    assert len(told.splitlines()) < 25


def test_all_green_names_each_check_as_a_sentence(folder: Clone) -> None:
    result, told = check(folder)
    assert result.green
    assert "three scoops cost six" in told
    assert "All 3 checks are green" in told
    assert "make solution LESSON=01" in told


def test_a_wrong_answer_is_told_with_the_exercise_and_where_to_go_on(folder: Clone) -> None:
    write(folder, "    return 1\n")
    result, told = check(folder)
    assert result.outcomes == {
        "test_prices_are_numbers": True,
        "test_three_scoops_cost_six": False,
        "test_no_scoop_costs_nothing": False,
    }
    assert "three scoops cost six (exercise 1)" in told
    assert "assert 1 == 6" in told
    assert "2 of 3 checks are red, in exercise 1" in told
    assert "make hint LESSON=01" in told


def test_a_check_tells_what_it_expected_what_it_saw_and_where_to_look(folder: Clone) -> None:
    folder.write(
        "lessons/01-price/test_price.py",
        """\
        from workshop.testing.failures import CheckFailedError

        def test_three_scoops_cost_six():
            raise CheckFailedError(expected="six", seen="one\\ntwo", look="shop/price.py")
        """,
    )
    told = check(folder)[1]
    assert "     expected:  six\n     seen:      one\n                two\n     look:      shop/price.py" in told


@pytest.mark.parametrize(
    ("body", "seen"),
    [
        ("    return scoops['many']\n", "seen:      TypeError: 'int' object is not subscriptable"),
        ("    sys.exit(3)\n", "seen:      SystemExit: 3"),
        ("    raise NotImplementedError('Exercise 1')\n", "seen:      NotImplementedError: Exercise 1"),
        ("    import nowhere\n", "seen:      ModuleNotFoundError: No module named 'nowhere'"),
    ],
)
def test_an_exception_is_told_with_the_students_own_line(folder: Clone, body: str, seen: str) -> None:
    write(folder, body)
    told = check(folder)[1]
    assert seen in told
    assert f"look:      shop/price.py, line 3, in price: {body.strip()}" in told
    assert "the same as above" in told
    assert_is_short(told)


def test_a_syntax_error_is_told_with_its_line(folder: Clone) -> None:
    write(folder, "    return 2 *\n")
    result, told = check(folder)
    assert not result.green
    assert "expected:  shop/price.py to be Python" in told
    assert "invalid syntax: return 2 *" in told
    assert "look:      shop/price.py, line 3" in told
    assert_is_short(told)


def test_an_exception_while_importing_is_told_with_its_line(folder: Clone) -> None:
    folder.write("shop/price.py", "PRICE = 1 / 0\n")
    told = check(folder)[1]
    assert "ZeroDivisionError: division by zero" in told
    assert "look:      shop/price.py, line 1: PRICE = 1 / 0" in told
    assert_is_short(told)


@pytest.mark.parametrize(
    ("imports", "call"), [("from shop.price import price", "price(3)"), ("from shop import price", "price.price(3)")]
)
def test_a_function_of_another_name_is_told_to_be_missing(folder: Clone, imports: str, call: str) -> None:
    folder.write("shop/price.py", "def prize(scoops):\n    return 2 * scoops\n")
    folder.write(
        "lessons/01-price/test_price.py", f"{imports}\ndef test_three_scoops_cost_six():\n    assert {call} == 6\n"
    )
    told = check(folder)[1]
    assert "expected:  what the checks call to be there" in told
    assert "look:      shop/price.py" in told
    assert "Please report it" not in told


def test_a_deleted_file_is_told_with_the_way_to_get_it_back(folder: Clone) -> None:
    (folder.root / "shop/price.py").unlink()
    result, told = check(folder)
    assert not result.green
    assert "git checkout lesson-01-price-start -- shop/price.py" in told
    assert_is_short(told)


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("def price(scoops):\n    while True:\n        pass\n", "shop/price.py, line"),
        ("while True:\n    try:\n        pass\n    except Exception:\n        pass\n", "shop/price.py, line"),
        ("import time\ndef price(scoops):\n    time.sleep(3600)\n", "shop/price.py, line 3, in price: time.sleep"),
    ],
)
def test_an_endless_loop_is_ended_and_told_with_its_line(
    folder: Clone, monkeypatch: pytest.MonkeyPatch, text: str, line: str
) -> None:
    monkeypatch.setattr(checking, "CHECK_LIMIT", 1)
    folder.write("shop/price.py", text)
    result, told = check(folder)
    assert not result.green
    assert line in told
    assert "1 of 1 checks are red" in told
    assert_is_short(told)


def test_what_no_signal_reaches_is_ended_and_named(folder: Clone, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checking, "SILENCE_LIMIT", 3.0)
    deaf = "    import signal\n    signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGALRM])\n"
    write(folder, deaf + "    time.sleep(60)\n")
    monkeypatch.setattr(checking, "CHECK_LIMIT", 1)
    result, told = check(folder)
    assert not result.ended_well
    assert "prices are numbers" in told
    assert "seen:      nothing for 3 s" in told


@pytest.mark.parametrize("code", [0, 3])
def test_code_that_ends_the_process_is_named(folder: Clone, code: int) -> None:
    write(folder, f"    os._exit({code})\n")
    result, told = check(folder)
    assert not result.green
    assert not result.ended_well
    assert f"they ended in the middle (exit code {code})" in told
    assert_is_short(told)


def test_a_child_left_behind_is_ended(folder: Clone) -> None:
    pid_file = folder.root / "pid"
    write(
        folder,
        "    import subprocess\n"
        f"    open({str(pid_file)!r}, 'w').write(str(subprocess.Popen(['sleep', '600']).pid))\n"
        "    return 2 * scoops\n",
    )
    check(folder)

    def gone() -> None:
        with contextlib.suppress(psutil.NoSuchProcess):
            assert psutil.Process(int(pid_file.read_text())).status() == psutil.STATUS_ZOMBIE

    eventually(gone)


def test_what_the_student_prints_is_shown_with_the_red_check(folder: Clone) -> None:
    write(folder, "    print('scoops is', scoops)\n    return 6 if scoops else 1\n")
    told = check(folder)[1]
    assert "printed:   scoops is 0" in told
    assert "scoops is 3" not in told


def test_a_check_that_breaks_by_itself_says_so(folder: Clone) -> None:
    folder.write("lessons/01-price/test_price.py", "def test_no_scoop_costs_nothing(nothing_of_that_name): pass\n")
    told = check(folder)[1]
    assert "The check can't go on" in told


def test_a_check_that_is_skipped_isnt_green(folder: Clone) -> None:
    folder.write(
        "lessons/01-price/test_price.py", "import pytest\ndef test_no_scoop_costs_nothing(): pytest.skip('no scoop')\n"
    )
    result, told = check(folder)
    assert not result.green
    assert "no scoop" in told


def test_a_lesson_without_checks_isnt_green(folder: Clone) -> None:
    (folder.root / "lessons/01-price/test_price.py").unlink()
    assert not check(folder)[0].green


def test_only_the_first_red_exercise_is_told_in_full(folder: Clone) -> None:
    toml = folder.read("lessons/01-price/lesson.toml")
    second = toml[toml.index("[[exercise]]") :].replace('"test_three_scoops_cost_six", ', "")
    first = toml.replace(', "test_no_scoop_costs_nothing"', "")
    folder.write("lessons/01-price/lesson.toml", f"{first}\n{second}")
    write(folder, "    return 1\n")
    told = check(folder)[1]
    assert "assert 1 == 6" in told
    assert "assert 1 == 0" not in told
    assert "no scoop costs nothing (exercise 2)" in told
    assert "in exercises 1, 2" in told
    assert "Begin with exercise 1" in told


def test_a_check_with_parameters_passes_with_all_of_them() -> None:
    findings = (CheckResult("test_a[1]", True), CheckResult("test_a[2]", False), CheckResult("test_a[3]", True))
    assert LessonResult(findings, True, 0).outcomes == {"test_a": False}


def test_checks_leave_no_file_behind(folder: Clone) -> None:
    before = {path for path in folder.root.rglob("*") if "__pycache__" not in path.parts}
    check(folder)
    assert {path for path in Path(folder.root).rglob("*") if "__pycache__" not in path.parts} == before
