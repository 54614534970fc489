"""A red check says what was expected, what was seen and where to look, whatever a student's code does; in bounded time,
and nothing that it started is left."""

import contextlib
import io
from pathlib import Path
from typing import Any

import psutil
import pytest

from workshop.grading.result import LessonResult, Waiting
from workshop.grading.runner import Runner
from workshop.student.report import Report
from workshop.system.polling import eventually
from workshop.workspace.cluster import Cluster

from ..made_up_course import Clone
from ..processes import running

NO_CLUSTER = Cluster(Path("/nowhere"), Path("/nowhere"), Path("/nowhere"))


def check(folder: Clone, **limits: Any) -> tuple[LessonResult, str]:
    """Run the checks of the first lesson, and return what a student reads."""
    lesson, out = folder.course.lesson("01"), io.StringIO()
    report = Report(lesson, out)
    with contextlib.closing(Runner(lambda: contextlib.nullcontext(NO_CLUSTER), **limits)) as runner:
        result = runner.check(folder.root, lesson, report.show)
    report.end(result)
    return result, out.getvalue()


def write(folder: Clone, body: str) -> None:
    folder.write("shop/price.py", f"import os, sys, time\ndef price(scoops):\n{body}")


def assert_is_short(printed: str) -> None:
    assert "Traceback" not in printed
    assert "site-packages" not in printed
    assert len(printed.splitlines()) < 25


def test_all_green_names_each_check_as_a_sentence(folder: Clone) -> None:
    result, printed = check(folder)
    assert result.green
    assert "three scoops cost six" in printed
    assert "All 3 checks are green" in printed
    assert "make solution LESSON=01" in printed


def test_a_wrong_answer_is_told_with_the_exercise_and_where_to_go_on(folder: Clone) -> None:
    write(folder, "    return 1\n")
    result, printed = check(folder)
    assert result.outcomes == {
        "test_prices_are_numbers": True,
        "test_three_scoops_cost_six": False,
        "test_no_scoop_costs_nothing": False,
    }
    assert "three scoops cost six (exercise 1)" in printed
    assert "assert 1 == 6" in printed
    assert "2 of 3 checks are red, in exercise 1" in printed
    assert "make hint LESSON=01" in printed


def test_a_check_tells_what_it_expected_what_it_saw_and_where_to_look(folder: Clone) -> None:
    folder.write(
        "lessons/01-price/test_price.py",
        """\
        from workshop.testing.failures import CheckFailedError

        def test_three_scoops_cost_six():
            raise CheckFailedError(expected="six", seen="one\\ntwo", look="shop/price.py")
        """,
    )
    printed = check(folder)[1]
    assert "     expected:  six\n     seen:      one\n                two\n     look:      shop/price.py" in printed


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
    printed = check(folder)[1]
    assert seen in printed
    assert f"look:      shop/price.py, line 3, in price: {body.strip()}" in printed
    assert "the same as above" in printed
    assert_is_short(printed)


def test_a_syntax_error_is_told_with_its_line(folder: Clone) -> None:
    write(folder, "    return 2 *\n")
    result, printed = check(folder)
    assert not result.green
    assert "expected:  shop/price.py to be Python" in printed
    assert "invalid syntax: return 2 *" in printed
    assert "look:      shop/price.py, line 3" in printed
    assert_is_short(printed)


def test_an_exception_while_importing_is_told_with_its_line(folder: Clone) -> None:
    folder.write("shop/price.py", "PRICE = 1 / 0\n")
    printed = check(folder)[1]
    assert "ZeroDivisionError: division by zero" in printed
    assert "look:      shop/price.py, line 1: PRICE = 1 / 0" in printed
    assert_is_short(printed)


@pytest.mark.parametrize(
    ("imports", "call"), [("from shop.price import price", "price(3)"), ("from shop import price", "price.price(3)")]
)
def test_a_function_of_another_name_is_told_to_be_missing(folder: Clone, imports: str, call: str) -> None:
    folder.write("shop/price.py", "def prize(scoops):\n    return 2 * scoops\n")
    folder.write(
        "lessons/01-price/test_price.py", f"{imports}\ndef test_three_scoops_cost_six():\n    assert {call} == 6\n"
    )
    printed = check(folder)[1]
    assert "expected:  what the checks call to be there" in printed
    assert "look:      shop/price.py" in printed
    assert "please report" not in printed


def test_a_deleted_file_is_told_with_the_way_to_get_it_back(folder: Clone) -> None:
    (folder.root / "shop/price.py").unlink()
    result, printed = check(folder)
    assert not result.green
    assert "git checkout lesson-01-price-start -- shop/price.py" in printed
    assert_is_short(printed)


@pytest.mark.parametrize(
    ("text", "line", "summary"),
    [
        (
            "def price(scoops):\n    while True:\n        pass\n",
            "shop/price.py, line",
            "1 of 3 checks are red, 2 were not run",
        ),
        (
            "import time\nwhile True:\n    try:\n        time.sleep(60)\n    except Exception:\n        pass\n",
            "shop/price.py, line",
            "No check could be run",
        ),
        (
            "import time\ndef price(scoops):\n    time.sleep(3600)\n",
            "shop/price.py, line 3, in price: time.sleep",
            "1 of 3 checks are red, 2 were not run",
        ),
    ],
)
def test_an_endless_loop_is_ended_and_named_with_its_line(folder: Clone, text: str, line: str, summary: str) -> None:
    folder.write("shop/price.py", text)
    result, text = check(folder, check_limit=1)
    assert not result.green
    assert line in text
    assert summary in text
    assert_is_short(text)


def test_a_check_that_only_calls_functions_is_ended_before_its_limit(folder: Clone) -> None:
    write(folder, "    time.sleep(3600)\n")
    assert "seen:      none after" in check(folder, check_limit=600, silence_limit=45)[1]


def test_beside_what_hangs_other_threads_are_not_shown(folder: Clone, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONUNBUFFERED", "1")  # else pytest-timeout's stacks come too late to be mistaken for output
    thread = "    import threading\n    threading.Thread(target=time.sleep, args=(60,), daemon=True).start()\n"
    write(folder, f"    print('scoops is', scoops)\n{thread}    time.sleep(3600)\n")
    printed = check(folder, check_limit=1)[1]
    assert "printed:   scoops is 1\n1 of 3" in printed


def test_what_no_signal_reaches_is_ended_and_named(folder: Clone) -> None:
    deaf = "    import signal\n    signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGALRM])\n"
    write(folder, f"{deaf}    time.sleep(600)\n")
    result, text = check(folder, check_limit=1, silence_limit=10)
    assert not result.ended_well
    assert "✗ prices are numbers" in text
    assert "seen:      nothing for 10 s" in text
    assert "1 of 3 checks are red, 2 were not run" in text


@pytest.mark.parametrize("code", [0, 3])
def test_code_that_ends_the_process_is_named(folder: Clone, code: int) -> None:
    write(folder, f"    os._exit({code})\n")
    result, printed = check(folder)
    assert not result.green
    assert not result.ended_well
    assert f"they ended in the middle (exit code {code})" in printed
    assert "1 of 3 checks are red, 2 were not run" in printed
    assert_is_short(printed)


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
            assert running([psutil.Process(int(pid_file.read_text()))]) == []

    eventually(gone)


def test_what_the_student_prints_is_shown_with_the_red_check(folder: Clone) -> None:
    write(folder, "    print('scoops is', scoops)\n    return 6 if scoops else 1\n")
    printed = check(folder)[1]
    assert "printed:   scoops is 0" in printed
    assert "scoops is 3" not in printed


def test_a_check_that_breaks_by_itself_says_so(folder: Clone) -> None:
    folder.write("lessons/01-price/test_price.py", "def test_no_scoop_costs_nothing(nothing_of_that_name): pass\n")
    printed = check(folder)[1]
    assert "The check can't go on" in printed
    assert "please report" in printed


def test_a_check_that_is_skipped_isnt_green(folder: Clone) -> None:
    folder.write(
        "lessons/01-price/test_price.py", "import pytest\ndef test_no_scoop_costs_nothing(): pytest.skip('no scoop')\n"
    )
    result, printed = check(folder)
    assert not result.green
    assert "no scoop" in printed


def test_a_lesson_without_checks_isnt_green(folder: Clone) -> None:
    (folder.root / "lessons/01-price/test_price.py").unlink()
    assert not check(folder)[0].green


def test_only_the_first_red_exercise_is_told_in_full(folder: Clone) -> None:
    toml = folder.read("lessons/01-price/lesson.toml")
    second = toml[toml.index("[[exercise]]") :].replace('"test_three_scoops_cost_six", ', "")
    first = toml.replace(', "test_no_scoop_costs_nothing"', "")
    folder.write("lessons/01-price/lesson.toml", f"{first}\n{second}")
    write(folder, "    return 1\n")
    printed = check(folder)[1]
    assert "assert 1 == 6" in printed
    assert "assert 1 == 0" not in printed
    assert "no scoop costs nothing (exercise 2)" in printed
    assert "in exercises 1, 2" in printed
    assert "Begin with exercise 1" in printed


def test_checks_leave_no_file_behind(folder: Clone) -> None:
    before = {path for path in folder.root.rglob("*") if "__pycache__" not in path.parts}
    check(folder)
    assert {path for path in folder.root.rglob("*") if "__pycache__" not in path.parts} == before


def test_where_no_check_can_run_the_reason_is_told_once_for_the_file_that_it_is_in(folder: Clone) -> None:
    folder.write(
        "lessons/01-price/test_price.py",
        """\
        import pytest
        from workshop.testing.failures import PreconditionError

        @pytest.fixture(scope="module", autouse=True)
        def prices():
            raise PreconditionError("shop/price.py", expected="prices", seen="none", look="shop/price.py, line 1")

        def test_three_scoops_cost_six(): pass
        def test_no_scoop_costs_nothing(): pass
        """,
    )
    result, printed = check(folder)
    assert result.outcomes == {"shop/price.py": False}
    assert printed.count("✗ shop/price.py") == 1
    assert "None of the 2 checks could be run" in printed


def test_checks_that_wait_for_those_before_them_are_not_run_and_not_red(folder: Clone) -> None:
    folder.write(
        "lessons/01-price/test_price.py",
        """\
        import pytest
        from workshop.testing.failures import NotRunError

        @pytest.fixture
        def shop(request):
            if request.session.testsfailed:
                raise NotRunError("not yet")

        def test_three_scoops_cost_six(): assert 1 == 6
        def test_no_scoop_costs_nothing(shop): pass
        def test_a_shop_opens(shop): pass
        """,
    )
    result, printed = check(folder)
    assert result.outcomes == {"test_three_scoops_cost_six": False}
    assert "1 of 3 checks are red, 2 were not run, in exercise 1" in printed
    assert "the rest is run once these are green" in printed


def test_as_long_as_nothing_comes_a_listener_hears_for_how_long(folder: Clone) -> None:
    write(folder, "    time.sleep(1.5)\n    return 2 * scoops\n")
    waited: list[Waiting] = []
    with contextlib.closing(Runner(lambda: contextlib.nullcontext(NO_CLUSTER))) as runner:
        result = runner.check(
            folder.root,
            folder.course.lesson("01"),
            lambda event: waited.append(event) if isinstance(event, Waiting) else None,
        )
    assert result.green
    assert {"test_prices_are_numbers", "test_three_scoops_cost_six"} <= {waiting.check for waiting in waited}
