"""A lock is held as long as its holder lives, and who looks is in nobody's way."""

import fcntl
import subprocess
import sys
from pathlib import Path

from workshop.system import flock

_HOLDER = """
import sys, time
from pathlib import Path
from workshop.system import flock
with flock.hold(Path(sys.argv[1])):
    print("held", flush=True)
    time.sleep(600)
"""


def test_a_lock_that_nobody_has_ever_held_is_not_held(tmp_path: Path) -> None:
    assert not flock.is_held(tmp_path / "lock")


def test_it_is_held_inside_the_with_and_not_after(tmp_path: Path) -> None:
    with flock.hold(tmp_path / "lock"):
        assert flock.is_held(tmp_path / "lock")
    assert not flock.is_held(tmp_path / "lock")


def test_it_is_no_longer_held_when_its_holder_was_killed(tmp_path: Path) -> None:
    command = [sys.executable, "-c", _HOLDER, str(tmp_path / "lock")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as holder:
        assert holder.stdout
        assert holder.stdout.readline() == "held\n"
        assert flock.is_held(tmp_path / "lock")
        holder.kill()
    assert not flock.is_held(tmp_path / "lock")


def test_somebody_who_looks_at_the_same_moment_is_not_taken_for_its_holder(tmp_path: Path) -> None:
    lock = tmp_path / "lock"
    lock.touch()
    with lock.open() as other:
        fcntl.flock(other, fcntl.LOCK_SH)
        assert not flock.is_held(lock)
