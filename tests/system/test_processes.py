"""Children end as they are asked to, or else are killed, and none outlives the process that started it."""

import os
import shutil
import signal
import subprocess
import sys
import textwrap
from pathlib import Path

import psutil
import pytest

from workshop.system import processes
from workshop.system.polling import eventually

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


PARENT = textwrap.dedent(
    """
    import sys
    from pathlib import Path
    from workshop.system import processes
    child = processes.start([sys.executable, "-c", "import sys; print('lives', flush=True); sys.stdin.read()"],
                            log=Path(sys.argv[1]))
    print(child.wait())
    """
)
GRANDPARENT = textwrap.dedent(
    """
    import signal, sys
    from pathlib import Path
    from workshop.system import processes
    child = processes.start([sys.executable, "-c", "import signal; signal.pause()"], log=Path(sys.argv[1]))
    print(child.pid, flush=True)
    signal.pause()
    """
)
only_on_linux = pytest.mark.skipif(sys.platform != "linux", reason="only Linux ends a child with its parent")


def can_be_pid_1() -> bool:
    unshare = shutil.which("unshare")
    return bool(unshare) and subprocess.run([*unshared(), "true"], check=False, capture_output=True).returncode == 0


def unshared() -> list[str]:
    """A new pid namespace, in which the command that follows has pid 1, as the entry point of a container has."""
    return ["unshare", "--fork", "--pid", "--mount-proc"]


@only_on_linux
def test_a_child_of_pid_1_lives(tmp_path: Path) -> None:
    if not can_be_pid_1():
        pytest.skip("no new pid namespace can be made here (unshare --pid needs root)")
    log = tmp_path / "log"
    done = subprocess.run(
        [*unshared(), sys.executable, "-c", PARENT, str(log)], check=True, capture_output=True, text=True, timeout=60
    )
    assert (done.stdout, log.read_text()) == ("0\n", "lives\n")


@only_on_linux
def test_a_child_ends_with_a_parent_that_is_killed(tmp_path: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", GRANDPARENT, str(tmp_path / "log")], stdout=subprocess.PIPE, text=True
    ) as parent:
        assert parent.stdout
        child = psutil.Process(int(parent.stdout.readline()))
        assert child.ppid() == parent.pid
        parent.kill()

    def gone() -> None:
        assert not child.is_running() or child.status() == psutil.STATUS_ZOMBIE

    eventually(gone)


@only_on_linux
def test_a_child_whose_parent_was_gone_before_it_asked_ends(tmp_path: Path) -> None:
    program = "import os, sys; from workshop.system import processes; processes.die_with_parent(int(sys.argv[1]))"
    not_its_parent = os.getppid()
    done = subprocess.run([sys.executable, "-c", program, str(not_its_parent)], check=False, cwd=tmp_path)
    assert done.returncode == 1
    done = subprocess.run([sys.executable, "-c", program, str(os.getpid())], check=False, cwd=tmp_path)
    assert done.returncode == 0
