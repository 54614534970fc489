"""Processes end as they are asked to, or else are killed; what they wrote and how they ended can be said."""

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from workshop.system import processes
from workshop.testing.polling import eventually

_PROGRAM = "import signal, sys; signal.signal(signal.SIGTERM, {}); print('ready', flush=True); signal.pause()"


def _start(log: Path, on_sigterm: str) -> subprocess.Popen[bytes]:
    process = processes.start([sys.executable, "-c", _PROGRAM.format(on_sigterm)], log=log)

    def is_ready() -> None:
        assert processes.tail(log) == "ready"

    eventually(is_ready)
    return process


def test_what_ends_when_asked_is_not_killed(tmp_path: Path) -> None:
    process = _start(tmp_path / "log", "lambda *_: sys.exit(7)")
    processes.stop([process], grace=20)
    assert process.returncode == 7


def test_what_does_not_end_when_asked_is_killed(tmp_path: Path) -> None:
    process = _start(tmp_path / "log", "signal.SIG_IGN")
    processes.stop([process], grace=0)
    assert process.returncode == -signal.SIGKILL


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
