"""The operator as a process under test: where it is, and that it ends with the test run."""

import signal
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from workshop.system.polling import eventually
from workshop.testing.operator_process import OperatorProcess

NOBODY_ANSWERS = (
    "{current-context: a, contexts: [{name: a, context: {cluster: a, user: a}}],"
    " clusters: [{name: a, cluster: {server: 'https://127.0.0.1:1'}}], users: [{name: a, user: {}}]}"
)
TEST_RUN = textwrap.dedent(
    """
    import signal, sys
    from pathlib import Path
    from workshop.testing.operator_process import OperatorProcess
    if __name__ == "__main__":
        operator = OperatorProcess(Path(sys.argv[1]), Path(sys.argv[2]))
        while "Trying again" not in operator.output():
            assert operator.is_alive
        print("started", flush=True)
        signal.pause()
    """
)


@pytest.fixture
def kubeconfig(tmp_path: Path) -> Path:
    path = tmp_path / "kubeconfig"
    path.write_text(NOBODY_ANSWERS)
    return path


@pytest.fixture
def waiting(kubeconfig: Path, tmp_path: Path) -> Iterator[OperatorProcess]:
    """An operator that waits for an API server."""
    operator = OperatorProcess(kubeconfig, tmp_path / "log")

    def look() -> None:
        assert "Trying again" in operator.output(), operator.output()

    eventually(look)
    yield operator
    operator.kill()


def test_a_dump_says_where_it_waits_and_costs_it_nothing(waiting: OperatorProcess) -> None:
    for _ in range(3):
        dump = waiting.stack_dump()
        assert dump
        assert "icecream_operator/__main__.py" in {frame.file for frame in dump.thread}
        assert any(
            frame.function == "wait_until_served" and frame.file == "icecream_operator/preflight.py"
            for frames in dump.tasks.values()
            for frame in frames
        )
    assert waiting.terminate() == 0
    assert waiting.stack_dump() is None


def test_one_that_has_only_just_been_started_is_not_ended_by_the_question(kubeconfig: Path, tmp_path: Path) -> None:
    operator = OperatorProcess(kubeconfig, tmp_path / "log")
    try:

        def look() -> None:
            assert operator.stack_dump()

        operator.send_signal(signal.SIGUSR1)
        eventually(look)
        assert operator.is_alive
    finally:
        operator.kill()


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux ends a child with its parent")
def test_it_ends_with_a_test_run_that_is_killed(kubeconfig: Path, tmp_path: Path) -> None:
    script = tmp_path / "test_run.py"
    script.write_text(TEST_RUN)
    argv = [sys.executable, str(script), str(kubeconfig), str(tmp_path / "log")]
    with subprocess.Popen(argv, stdout=subprocess.PIPE, text=True) as test_run:
        assert test_run.stdout
        assert test_run.stdout.readline() == "started\n"
        children = psutil.Process(test_run.pid).children(recursive=True)
        assert len(children) >= 2  # the fork server and the operator
        test_run.kill()

    def gone() -> None:
        assert [child for child in children if child.is_running() and child.status() != psutil.STATUS_ZOMBIE] == []

    eventually(gone)
