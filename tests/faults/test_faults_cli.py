"""`workshop faults`, as a person uses it."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest
from click.testing import CliRunner

from tests.faults.plain_client import Client
from workshop.cli.faults import command, details
from workshop.faults.actions import Cut, Delay, EndWith, Respond, RewriteTarget
from workshop.faults.injector import FaultAction
from workshop.system.polling import eventually
from workshop.workspace.cluster import CHECKOUT

FAULTS = [sys.executable, "-m", "workshop", "faults"]
WRITES = [sys.executable, "-m", "tests.faults.write_secrets", "1"]


def environment(home: Path) -> dict[str, str]:
    return {**os.environ, "WORKSHOP_HOME": str(home), "PYTHONUNBUFFERED": "1"}


def run(home: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*FAULTS, *arguments],
        env=environment(home),
        cwd=CHECKOUT,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


@contextmanager
def started(home: Path, *arguments: str) -> Iterator[subprocess.Popen[str]]:
    with subprocess.Popen(
        [*FAULTS, *arguments], env=environment(home), cwd=CHECKOUT, stdout=subprocess.PIPE, text=True
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def test_a_command_is_run_through_it_and_the_faults_are_shown(user: Path, direct: Client, tmp_path: Path) -> None:
    done = run(tmp_path, "--kubeconfig", str(user), "--rate", "lost=1", "--", *WRITES, "a", "b")
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("create faults/secrets: it happened, the reply is lost") == 2
    assert "lost a" in done.stdout
    assert "Injected: lost 2. Writes that came: 2." in done.stdout
    assert direct.names() == {"a", "b"}


def test_the_exit_code_is_the_commands(user: Path, tmp_path: Path) -> None:
    done = run(tmp_path, "--kubeconfig", str(user), "--", sys.executable, "-c", "raise SystemExit(7)")
    assert done.returncode == 7
    assert "Injected: none. Writes that came: 0." in done.stdout


@pytest.mark.parametrize(
    ("option", "shown", "names"),
    [
        ("--kill-before", "killed, before it", {"a"}),
        ("--kill-after", "killed, after it had happened", {"a", "b"}),
    ],
)
def test_a_command_is_killed_at_a_write(
    user: Path, direct: Client, tmp_path: Path, option: str, shown: str, names: set[str]
) -> None:
    done = run(tmp_path, "--kubeconfig", str(user), option, "2", "--", *WRITES, "a", "b", "c")
    assert done.returncode == 0, done.stderr
    assert f"create faults/secrets: {shown}" in done.stdout
    assert direct.names() == names


def test_a_command_that_ends_before_it_could_be_killed_is_a_failure(user: Path, direct: Client, tmp_path: Path) -> None:
    done = run(tmp_path, "--kubeconfig", str(user), "--kill-before", "3", "--", *WRITES, "a")
    assert done.returncode == 1
    assert "ended by itself, with exit code 0, before its write 3." in done.stderr
    assert direct.names() == {"a"}


def test_without_a_command_it_says_which_kubeconfig_to_use_until_ctrl_c(
    user: Path, direct: Client, tmp_path: Path
) -> None:
    with started(tmp_path, "--kubeconfig", str(user), "--rate", "throttled=1") as process:
        assert process.stdout
        kubeconfig = Path(process.stdout.readline().removeprefix("The proxy's kubeconfig is ").strip())
        assert kubeconfig.parent == tmp_path
        assert Client(kubeconfig).create("a").status == 429
        process.send_signal(signal.SIGINT)
        rest = process.stdout.read()
        assert process.wait() == 130
    assert "throttled  create faults/secrets: 429" in rest
    assert "Injected: throttled 1. Writes that came: 1." in rest
    assert direct.names() == set()
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


@pytest.mark.parametrize(
    ("action", "text"),
    [
        (Respond(500, {}, b"", forwarded=True), "500, and it happened"),
        (Respond(500, {}, b""), "500"),
        (Delay(0.125), "0.12 s"),
        (Cut(0.5), "after 50% of it"),
        (EndWith(b""), "an ERROR event instead"),
        (RewriteTarget("/"), "an earlier state"),
    ],
)
def test_a_fault_is_shown_by_what_was_done(action: FaultAction, text: str) -> None:
    assert details(action) == text


@pytest.mark.skipif(sys.platform != "linux", reason="the kernel ends it only on Linux")
def test_the_command_goes_when_the_proxy_is_killed(user: Path, tmp_path: Path) -> None:
    sleeps = [sys.executable, "-c", "import signal; print('up', flush=True); signal.pause()"]
    with started(tmp_path, "--kubeconfig", str(user), "--", *sleeps) as process:
        assert process.stdout
        assert process.stdout.readline() == "up\n"
        (command,) = psutil.Process(process.pid).children()
        process.kill()
        eventually(lambda: _assert_gone(command))


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["--rate", "conflict"], 2, "'conflict' isn't KIND=RATE, such as conflict=0.1"),
        (["--rate", "conflict=often"], 2, "'conflict=often' isn't KIND=RATE"),
        (["--rate", "explosion=1"], 1, "There is no fault 'explosion'. There are: conflict,"),
        (["--rate", "lost=0.7", "--rate", "error=0.7"], 1, "add up to 1.4"),
        (["--kill-before", "1"], 2, "it needs a COMMAND to kill"),
        (["--kill-before", "1", "--kill-after", "1", "--", "true"], 2, "One of --kill-before and --kill-after"),
        (["--", "/no/such/program"], 1, "/no/such/program can't be started: No such file or directory"),
    ],
)
def test_a_mistake_gets_one_line(user: Path, tmp_path: Path, arguments: list[str], code: int, message: str) -> None:
    done = CliRunner(env={"WORKSHOP_HOME": str(tmp_path)}).invoke(command, ["--kubeconfig", str(user), *arguments])
    assert done.exit_code == code
    assert message in done.output


def test_a_kubeconfig_that_is_not_there_is_named(tmp_path: Path) -> None:
    done = run(tmp_path, "--kubeconfig", str(tmp_path / "nowhere"))
    assert done.returncode == 1
    assert done.stderr.startswith("Error: The kubeconfig can't be read")


def _assert_gone(process: psutil.Process) -> None:
    assert not process.is_running() or process.status() == psutil.STATUS_ZOMBIE
