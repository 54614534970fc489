"""What we use of multiprocessing that isn't public is there, and does what we take it for."""

import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from workshop.system.tempdir import base_directory, temporary_directory

SCRIPT = """
import os, sys
from multiprocessing import forkserver, util
from workshop.testing.multiprocessing_internals import use_temporary_directory

use_temporary_directory()
forkserver.ensure_running()
use_temporary_directory()
print(util.get_temp_dir(), flush=True)
assert len(os.listdir(util.get_temp_dir())) == 1, "the socket"
if sys.argv[1:]:
    os.kill(os.getpid(), int(sys.argv[1]))
"""


@pytest.fixture
def empty(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Where temporary files go, by a path that is short enough for sockets."""
    with tempfile.TemporaryDirectory() as folder:
        monkeypatch.setattr(tempfile, "tempdir", folder)
        yield Path(folder)


def run(folder: Path, *arguments: str) -> tuple[int, Path]:
    """Start a fork server with temporary files in a folder; return how that ended, and where its socket was."""
    argv = [sys.executable, "-c", SCRIPT, *arguments]
    environment = {**os.environ, "TMPDIR": str(folder)}
    done = subprocess.run(argv, env=environment, stdout=subprocess.PIPE, text=True, check=False)
    return done.returncode, Path(done.stdout.strip())


def test_the_fork_servers_socket_goes_with_the_process(empty: Path) -> None:
    code, left = run(empty)
    assert (code, left.parent, left.exists()) == (0, base_directory(), False)
    assert list(empty.iterdir()) == [base_directory()]


def test_if_that_is_killed_it_goes_when_the_next_directory_is_made(empty: Path) -> None:
    code, left = run(empty, str(int(signal.SIGKILL)))
    assert (code, left.exists()) == (-signal.SIGKILL, True)
    with temporary_directory():
        assert not left.exists()
    assert list(empty.iterdir()) == [base_directory()]


def test_where_the_path_is_too_long_for_a_socket_it_is_pythons_own(empty: Path) -> None:
    long = empty / ("x" * 40)
    long.mkdir()
    code, left = run(long)
    assert (code, left.parent) == (0, long)
