"""The shell in which the commands of a page run: one from the first to the last, whatever they do to it."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from workshop.authoring.shell import Ran, Shell, ShellError, bash
from workshop.system.polling import eventually

ENVIRONMENT = {"PATH": os.environ["PATH"]}


@pytest.fixture
def shell(tmp_path: Path) -> Iterator[Shell]:
    with bash(tmp_path, ENVIRONMENT, "touch farewell") as running:
        yield running


def output(shell: Shell, command: str) -> str:
    return shell.run(command, limit=20).output


def test_a_command_tells_its_output_and_its_exit_code(shell: Shell) -> None:
    assert shell.run("echo one; echo two >&2; false", 20) == Ran("one\ntwo\n", 1)


def test_it_is_one_shell_from_the_first_command_to_the_last(shell: Shell) -> None:
    output(shell, "name=value; mkdir below; cd below; export EXPORTED=yes; greet() { echo hello; }; false")
    assert output(shell, 'echo $? $name $(basename "$PWD"); printenv EXPORTED; greet') == "1 value below\nyes\nhello\n"


def test_a_command_may_have_several_lines(shell: Shell) -> None:
    assert output(shell, "cat <<EOF\none\n  'two\nEOF") == "one\n  'two\n"
    assert output(shell, "for each in a b; do\n  echo $each\ndone") == "a\nb\n"


TYPED = """
import os, sys
from pathlib import Path
from workshop.authoring.shell import bash

with bash(Path(sys.argv[1]), os.environ, "true") as shell:
    print(shell.run("read answer", limit=20).code, shell.run("cat", limit=20).output)
"""


def test_nobody_types_anything(tmp_path: Path) -> None:
    program = [sys.executable, "-c", TYPED, str(tmp_path)]
    done = subprocess.run(program, input="typed\n", check=True, capture_output=True, text=True)
    assert done.stdout == "1 \n"


def test_a_job_in_the_background_goes_on_and_can_be_waited_for(shell: Shell) -> None:
    assert output(shell, "mkfifo pipe; (read line < pipe; echo $line > heard; exit 3) &") == ""
    output(shell, "echo something > pipe")
    assert shell.run("wait $!", 20).code == 3
    assert output(shell, "cat heard") == "something\n"


def test_much_output_is_all_there(shell: Shell) -> None:
    assert output(shell, "seq 100000") == "".join(f"{number}\n" for number in range(1, 100001))


def test_after_a_syntax_error_it_goes_on(shell: Shell) -> None:
    assert "unexpected EOF" in output(shell, "echo 'one")
    assert output(shell, "echo two") == "two\n"


def test_a_command_that_hangs_is_ended_with_all_that_it_started(tmp_path: Path) -> None:
    with bash(tmp_path, ENVIRONMENT, "touch farewell") as shell:
        with pytest.raises(ShellError, match=r"doesn't end within 0\.5 s") as raised:
            shell.run("sleep 1000 & echo $!; while true; do sleep 0.1; done", limit=0.5)
        pid = int(raised.value.printed)
        assert psutil.pid_exists(pid)
    assert not psutil.pid_exists(pid)
    assert (tmp_path / "farewell").exists()


def test_a_command_that_never_stops_printing_is_ended(tmp_path: Path) -> None:
    with bash(tmp_path, ENVIRONMENT, "touch farewell") as shell, pytest.raises(ShellError) as raised:
        shell.run("yes", limit=0.2)
    assert raised.value.printed.startswith("y\ny\n")
    assert (tmp_path / "farewell").exists()


def test_a_command_that_ends_the_shell_is_told(shell: Shell) -> None:
    with pytest.raises(ShellError, match="ends the shell") as raised:
        shell.run("echo bye; exit", limit=20)
    assert raised.value.printed == "bye\n"
    with pytest.raises(ShellError, match="ends the shell"):
        shell.run("echo again", limit=20)


def test_its_farewell_comes_once_at_the_end(tmp_path: Path) -> None:
    with bash(tmp_path, ENVIRONMENT, "echo bye >> farewell") as shell:
        shell.run("(exit 0)", limit=20)
        assert not (tmp_path / "farewell").exists()
    assert (tmp_path / "farewell").read_text() == "bye\n"


KILLED = """
import os, sys
from pathlib import Path
from workshop.authoring.shell import bash

with bash(Path(sys.argv[1]), os.environ, "touch farewell") as shell:
    shell.run("sleep 1000 & echo $! > background", limit=20)
    shell.run("sh -c 'echo $$ > foreground; exec sleep 1000'", limit=60)
"""


def test_when_we_are_killed_what_runs_ends_and_its_farewell_comes_all_the_same(tmp_path: Path) -> None:
    def pids() -> list[int]:
        written = [file.read_text() for name in ("background", "foreground") if (file := tmp_path / name).exists()]
        assert [text[-1:] for text in written] == ["\n", "\n"]
        return list(map(int, written))

    def over() -> None:
        assert (tmp_path / "farewell").exists()
        assert not [pid for pid in pids() if psutil.pid_exists(pid)]

    with subprocess.Popen([sys.executable, "-c", KILLED, str(tmp_path)]) as process:
        assert all(map(psutil.pid_exists, eventually(pids)))
        process.kill()
    eventually(over)
