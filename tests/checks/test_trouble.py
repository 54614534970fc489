"""What a check can tell of an operator's output."""

from pathlib import Path

from workshop.checks.trouble import Trouble, last_words, not_written, trouble

ROOT = Path("/work")
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
    assert trouble(LOG, ROOT) == Trouble("KeyError: 'a'", "icecream_operator/reconciler.py, line 88, in reconcile")


def test_an_output_without_a_traceback_is_no_trouble() -> None:
    assert trouble("[2026-01-01 12:00:02,000] icecream_operator.ma [INFO    ] [b] Evicted\n", ROOT) is None


def test_a_chained_exception_is_told_by_its_last_part() -> None:
    chained = LOG + "\nDuring handling of the above exception, another exception occurred:\n\n"
    chained += 'Traceback (most recent call last):\n  File "/work/icecream_operator/quota.py", line 9, in decide\n'
    assert trouble(chained + "    x\nValueError: no\n", ROOT) == Trouble(
        "ValueError: no", "icecream_operator/quota.py, line 9, in decide"
    )


def test_an_exercise_that_is_not_written_is_named_from_a_traceback_and_from_one_line() -> None:
    assert not_written("NotImplementedError: exercise 4: the reconcile\n") == "exercise 4: the reconcile"
    line = "The watch has ended: NotImplementedError('exercise 1: who is sold'). Beginning again.\n"
    assert not_written(line) == "exercise 1: who is sold"
    assert not_written(LOG) == ""


def test_the_last_words_are_log_lines_and_no_traceback() -> None:
    assert last_words(LOG, lines=2) == [
        "ERROR: [a] Reconciling failed unexpectedly; looking again in 0.005 s",
        "INFO: [b] Evicted",
    ]
