"""Temporary directories go with whoever made them, also if that is killed."""

import signal
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from workshop.system.tempdir import base_directory, temporary_directory

KILLED = """
import os, signal
from workshop.system.tempdir import temporary_directory

with temporary_directory() as folder:
    (folder / "file").touch()
    print(folder, flush=True)
    os.kill(os.getpid(), signal.SIGKILL)
"""


def test_it_is_empty_and_gone_at_the_end() -> None:
    with temporary_directory() as folder:
        assert list(folder.iterdir()) == []
        (folder / "file").touch()
    assert not folder.exists()


def left_by_one_that_was_killed() -> Path:
    killed = subprocess.run([sys.executable, "-c", KILLED], check=False, capture_output=True, text=True)
    assert killed.returncode == -signal.SIGKILL
    return Path(killed.stdout.strip())


def test_what_one_that_was_killed_left_goes_when_another_is_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    left = left_by_one_that_was_killed()
    assert (left / "file").exists()
    with temporary_directory():
        assert not left.exists()


def test_what_one_that_was_killed_left_goes_when_another_ends() -> None:
    with temporary_directory():
        left = left_by_one_that_was_killed()
    assert not left.exists()


def test_those_that_are_in_use_stay_when_the_next_one_is_made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    with temporary_directory() as first, temporary_directory() as second:
        assert first.exists()
        assert first != second
    assert [path.name for path in base_directory().iterdir()] == ["lock"]
