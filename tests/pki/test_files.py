"""A file that is written is the old one or the new one, whole, whatever happens; and nobody else can read it."""

import errno
import itertools
import os
import signal
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from certmanager.pki import files
from certmanager.pki.files import write_atomically

OLD, NEW = b"old", b"new" * 10_000

WRITER_KILLED_AT_LINE = """
import os, pathlib, signal, sys
from certmanager.pki import files

left = int(sys.argv[2])

def count(frame, event, _):
    global left
    if frame.f_code.co_filename != files.__file__:
        return None
    if event == "line":
        left -= 1
        if not left:
            os.kill(os.getpid(), signal.SIGKILL)
    return count

os.umask(0)
sys.settrace(count)
files.write_atomically(pathlib.Path(sys.argv[1]), b"new" * 10_000)
"""

WRITER_AMONG_OTHERS = """
import pathlib, sys
from certmanager.pki.files import write_atomically

for _ in range(60):
    write_atomically(pathlib.Path(sys.argv[1]), sys.argv[2].encode() * 100_000)
"""


def start(script: str, *arguments: object) -> subprocess.Popen[bytes]:
    return subprocess.Popen([sys.executable, "-c", script, *map(str, arguments)])


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "tls.key"


def test_what_is_written_is_there_for_its_owner_alone_and_nothing_else_is(path: Path) -> None:
    write_atomically(path, OLD)
    write_atomically(path, NEW)
    assert path.read_bytes() == NEW
    assert mode(path) == 0o600
    assert names(path.parent) == ["tls.key"]


def test_another_mode_is_given_whatever_the_umask_and_the_old_file_s_mode(path: Path) -> None:
    write_atomically(path, OLD)
    write_atomically(path, NEW, mode=0o664)
    assert mode(path) == 0o664


def test_a_writer_killed_at_any_line_leaves_the_old_file_or_the_new_one_and_hinders_nobody(path: Path) -> None:
    contents = []
    write_atomically(path, OLD)
    for line in itertools.count(1):
        exit_code = start(WRITER_KILLED_AT_LINE, path, line).wait()
        assert exit_code in (0, -signal.SIGKILL)
        contents.append(path.read_bytes())
        assert {mode(file) for file in path.parent.iterdir()} == {0o600}
        write_atomically(path, OLD)
        assert path.read_bytes() == OLD
        assert names(path.parent) == ["tls.key"]
        if exit_code == 0:
            break
    assert [content for content, _ in itertools.groupby(contents)] == [OLD, NEW]


def test_several_writers_at_once_take_turns(path: Path) -> None:
    letters = "abcd"
    writers = [start(WRITER_AMONG_OTHERS, path, letter) for letter in letters]
    whole = {letter.encode() * 100_000 for letter in letters}
    while any(writer.poll() is None for writer in writers):
        assert not path.exists() or path.read_bytes() in whole
    assert [writer.returncode for writer in writers] == [0] * len(writers)
    assert path.read_bytes() in whole
    assert names(path.parent) == ["tls.key"]


def test_a_power_cut_finds_the_file_on_the_disk_before_its_name_and_the_name_before_we_go_on(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    steps: list[tuple[str, bytes | None]] = []

    def fsync(descriptor: int) -> None:
        is_folder = stat.S_ISDIR(os.fstat(descriptor).st_mode)
        content = path.read_bytes() if path.exists() else None
        steps.append(("folder" if is_folder else f"file of {os.fstat(descriptor).st_size}", content))

    monkeypatch.setattr(os, "fsync", fsync)
    write_atomically(path, NEW)
    assert steps == [(f"file of {len(NEW)}", None), ("folder", NEW)]


def test_a_full_disk_leaves_the_old_file_and_no_draft(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    write_atomically(path, OLD)
    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space left"):
        write_atomically(path, NEW)
    assert path.read_bytes() == OLD
    assert names(path.parent) == ["tls.key"]


def test_a_small_process_may_use_it() -> None:
    script = f"import sys; import {files.__name__}; sys.exit('cryptography' in sys.modules)"
    assert start(script).wait() == 0
