"""What the course asks of git, and what of it is left: nothing."""

import os
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from workshop.course import tags
from workshop.course.errors import CourseError
from workshop.course.git import open_clone, snapshot
from workshop.system.tempdir import base_directory, temporary_directory
from workshop.workspace.cluster import CHECKOUT

from ..made_up_course import Clone


def test_without_a_clone_it_says_so(folder: Clone) -> None:
    with pytest.raises(CourseError, match=r"not a git clone \(did it come as a ZIP\?\).*\n.*\n.*git init"):
        open_clone(folder.root)


def test_what_it_advises_for_a_zip_works(folder: Clone) -> None:
    folder.run("init", "--quiet")
    with pytest.raises(CourseError, match="has no commit yet"):
        open_clone(folder.root)
    folder.commit()
    assert tags.make(folder.git)


KILLED = """
import os, signal, sys
from pathlib import Path
from workshop.course.git import snapshot, temporary_index

with snapshot(Path(sys.argv[1])), temporary_index():
    os.kill(os.getpid(), signal.SIGKILL)
"""


def test_a_snapshot_has_what_git_would_take_in_and_leaves_the_folder_as_it_is(folder: Clone) -> None:
    folder.write(".gitignore", "*.log\n")
    folder.write("debug.log", "")
    before = sorted(folder.root.rglob("*"))
    with snapshot(folder.root) as (git, main):
        assert ".gitignore" in main
        assert "debug.log" not in main
        assert git.text(git.write_tree(main), "README.md") == "A shop.\n"
    assert sorted(folder.root.rglob("*")) == before


def test_what_a_snapshot_needs_goes_also_when_we_are_killed(
    folder: Clone, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    command = [sys.executable, "-c", KILLED, str(folder.root)]
    killed = subprocess.run(command, cwd=CHECKOUT, env={**os.environ, "TMPDIR": str(tmp_path)}, check=False)
    assert killed.returncode == -signal.SIGKILL
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    left = [path for path in base_directory().iterdir() if path.is_dir()]
    assert len(left) == 2
    with temporary_directory():
        assert not any(path.exists() for path in left)
