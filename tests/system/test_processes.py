"""Processes end as they are asked to, or else are killed; what they wrote and how they ended can be said."""

import signal
import sys
from pathlib import Path

import pytest

from workshop.system import processes
from workshop.testing.polling import eventually

_DEAF = "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('deaf', flush=True); signal.pause()"


def test_what_does_not_end_when_asked_is_killed(tmp_path: Path) -> None:
    deaf = processes.start([sys.executable, "-c", _DEAF], log=tmp_path / "log")

    def ignores_sigterm() -> None:
        assert processes.tail(tmp_path / "log") == "deaf"

    eventually(ignores_sigterm)
    processes.stop([deaf], grace=0)
    assert processes.ended(deaf.returncode) == "signal SIGKILL"


def test_output_and_errors_are_in_the_log(tmp_path: Path) -> None:
    process = processes.start(["sh", "-c", "echo vanilla; echo lemon >&2; exit 3"], log=tmp_path / "log")
    assert processes.ended(process.wait()) == "exit code 3"
    assert processes.tail(tmp_path / "log") == "vanilla\nlemon"


def test_a_tail_is_the_last_lines_and_nothing_where_there_is_no_log(tmp_path: Path) -> None:
    (tmp_path / "log").write_text("one\ntwo\nthree\n")
    assert processes.tail(tmp_path / "log", lines=2) == "two\nthree"
    assert processes.tail(tmp_path / "none") == ""


def test_a_ctrl_c_in_the_terminal_reaches_only_us(tmp_path: Path) -> None:
    process = processes.start(["sh", "-c", "ps -o pgid= -p $$"], log=tmp_path / "log")
    process.wait()
    assert int(processes.tail(tmp_path / "log")) == process.pid


@pytest.mark.parametrize(("code", "words"), [(0, "exit code 0"), (-signal.SIGTERM, "signal SIGTERM")])
def test_an_end_is_said_in_words(code: int, words: str) -> None:
    assert processes.ended(code) == words
