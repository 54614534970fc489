"""What a check can tell of an operator's output."""

from pathlib import Path

import pytest

from workshop.testing.operator_log import (
    LoggedError,
    about,
    last_error,
    last_messages,
    never_awaited,
    unwritten_exercise,
)

ROOT = Path("/work")
WRITTEN = {"icecream_operator/reconciler.py"}
LOG = """\
[2026-01-01 12:00:00,000] icecream_operator.ma [INFO    ] Operating on https://127.0.0.1:6443
[2026-01-01 12:00:01,000] icecream_operator.ma [ERROR   ] [a] Reconciling failed unexpectedly; looking again in 0.005 s
Traceback (most recent call last):
  File "/work/reconciling/controller.py", line 46, in _work
    await reconcile(key)
          ~~~~~~~~~^^^^^
  File "/work/icecream_operator/reconciler.py", line 88, in reconcile
    verdict = self._verdicts[name]
  File "/work/.venv/lib/python3.11/site-packages/there.py", line 3, in there
    raise KeyError(name)
KeyError: 'a'
[2026-01-01 12:00:02,000] icecream_operator.ma [INFO    ] [b] Evicted
"""


def test_the_last_exception_is_told_with_the_last_place_in_the_house() -> None:
    assert last_error(LOG, ROOT, ()) == LoggedError(
        "KeyError: 'a'", "icecream_operator/reconciler.py, line 88, in reconcile"
    )


def test_a_place_in_a_students_file_comes_before_one_deeper_in_the_house() -> None:
    deeper = LOG.replace("/work/.venv/lib/python3.11/site-packages/there.py", "/work/icecream_operator/cache.py")
    assert last_error(deeper, ROOT, ()) == LoggedError("KeyError: 'a'", "icecream_operator/cache.py, line 3, in there")
    assert last_error(deeper, ROOT, WRITTEN) == LoggedError(
        "KeyError: 'a'", "icecream_operator/reconciler.py, line 88, in reconcile"
    )


def test_an_output_without_a_traceback_is_no_error() -> None:
    log = "[2026-01-01 12:00:02,000] icecream_operator.ma [INFO    ] [b] Evicted\n"
    assert last_error(log, ROOT, WRITTEN) is None


DURING = "\nDuring handling of the above exception, another exception occurred:\n\n"
THEREFORE = "\nThe above exception was the direct cause of the following exception:\n\n"


def raised(file: str, error: str) -> str:
    return f'Traceback (most recent call last):\n  File "/work/{file}", line 9, in there\n    x\n{error}\n'


@pytest.mark.parametrize("link", [DURING, THEREFORE])
def test_of_exceptions_that_led_to_each_other_the_last_one_through_a_students_file_is_told(link: str) -> None:
    students, others = (
        raised("icecream_operator/reconciler.py", "ValueError: no"),
        raised("reconciling/x.py", "OSError"),
    )
    error = LoggedError("ValueError: no", "icecream_operator/reconciler.py, line 9, in there")
    assert last_error(students + link + others, ROOT, WRITTEN) == error
    assert last_error(others + link + students, ROOT, WRITTEN) == error
    assert last_error(LOG + link + students, ROOT, WRITTEN) == error
    assert last_error(students + link + others, ROOT, ()) == LoggedError(
        "OSError", "reconciling/x.py, line 9, in there"
    )


def test_an_earlier_exception_that_led_to_none_is_forgotten() -> None:
    assert last_error(LOG + raised("reconciling/x.py", "OSError"), ROOT, WRITTEN) == LoggedError(
        "OSError", "reconciling/x.py, line 9, in there"
    )


def test_what_python_ignores_as_the_operator_ends_is_no_error() -> None:
    ignored = f"Exception ignored in: <coroutine object run at 0x7f>\n{raised('reconciling/x.py', 'GeneratorExit')}"
    ignored += DURING + raised("reconciling/x.py", "RuntimeError: Lock is not acquired.")
    assert last_error(ignored, ROOT, WRITTEN) is None
    error = last_error(ignored + LOG + ignored, ROOT, WRITTEN)
    assert error
    assert error.message == "KeyError: 'a'"


def test_a_coroutine_that_is_taken_for_its_result_makes_one_ask_for_an_await() -> None:
    error = last_error(
        raised("reconciling/x.py", "AttributeError: 'coroutine' object has no attribute 'name'"), ROOT, ()
    )
    assert error
    assert error.message == "AttributeError: 'coroutine' object has no attribute 'name' (is an await forgotten?)"


def test_a_coroutine_that_was_never_awaited_is_told_with_its_line_in_the_house() -> None:
    warning = "RuntimeWarning: coroutine 'Icecreams.patch_status' was never awaited\n"
    assert never_awaited(f"{LOG}/work/icecream_operator/reconciler.py:104: {warning}  x\n", ROOT) == LoggedError(
        "coroutine 'Icecreams.patch_status' was never awaited (is an await forgotten?)",
        "icecream_operator/reconciler.py, line 104",
    )
    assert never_awaited(f"sys:1: {warning}/work/.venv/lib/there.py:3: {warning}", ROOT) is None


def test_an_exercise_that_is_not_written_is_named_from_a_traceback_and_from_one_line() -> None:
    assert unwritten_exercise("NotImplementedError: exercise 4: the reconcile\n") == "exercise 4: the reconcile"
    line = "The watch has ended: NotImplementedError('exercise 1: who is sold'). Beginning again.\n"
    assert unwritten_exercise(line) == "exercise 1: who is sold"
    assert unwritten_exercise(LOG) == ""


def test_the_last_messages_are_log_lines_and_no_traceback() -> None:
    assert last_messages(LOG, lines=2) == [
        "ERROR: [a] Reconciling failed unexpectedly; looking again in 0.005 s",
        "INFO: [b] Evicted",
    ]


def test_what_names_another_object_is_left_out_with_its_traceback() -> None:
    operating, *of_a, of_b = LOG.splitlines(keepends=True)
    assert about(LOG, {"b", "c"}) == operating + of_b
    assert about(LOG, {"a"}) == operating + "".join(of_a)
    linked = LOG.removesuffix(of_b) + DURING + raised("reconciling/x.py", "OSError") + of_b
    assert about(linked, {"b"}) == operating + of_b


def test_what_names_no_object_stays_whatever_came_before() -> None:
    crash = raised("icecream_operator/reconciler.py", "ValueError: no")
    warning = "/work/icecream_operator/reconciler.py:104: RuntimeWarning: coroutine 'x' was never awaited\n"
    line = "[2026-01-01 12:00:03,000] icecream_operator.ma [WARNING ] The watch has ended: OSError().\n"
    assert about(LOG + warning + line + crash, ()) == LOG.partition("\n")[0] + "\n" + warning + line + crash


def test_the_api_servers_words_are_told_to_their_end() -> None:
    refused = (
        '[probe] writing the status: icecreams.demo.lva.io "probe" is forbidden: User "system:serviceaccount:'
        'demooperator-system:demooperator-controller-manager" cannot patch resource "icecreams/status" in API group '
        '"demo.lva.io" at the cluster scope (HTTP 403); looking again in 0.005 s'
    )
    line = "[2026-01-01 12:00:02,000] icecream_operator.ma [WARNING ] "
    messages = last_messages(f"{line}{refused}\n{line}{'x' * 1000}\n")
    assert messages == [f"WARNING: {refused}", f"WARNING: {'x' * 391} ..."]


def test_that_it_has_begun_is_no_reason() -> None:
    assert last_messages(LOG.splitlines()[0]) == []
