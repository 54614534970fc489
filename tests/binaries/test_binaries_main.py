"""`python -m workshop.binaries` as processes: two at once, one killed in the middle, one interrupted.

The cache holds only what is whole.
"""

import contextlib
import dataclasses
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Protocol

import psutil
import pytest

from tests.binaries.conftest import Server, Student
from workshop.binaries.catalogue import PLATFORMS, catalogue_for
from workshop.system.polling import eventually

SETUP = """
import json, sys
from pathlib import Path
from workshop.binaries.__main__ import main
from workshop.binaries.catalogue import Binary, Catalogue, Download, Platform

fields = json.loads(sys.argv[1])
sys.exit(main(sys.argv[2:], Catalogue(
    Platform(**fields["platform"]),
    {name: Binary(**binary) for name, binary in fields["binaries"].items()},
    tuple(Download(**download) for download in fields["downloads"]),
    Path(fields["module"]),
    fields["go_version"],
)))
"""
BLOCKING_GO = """
if [ "$1" = env ]; then echo go1.30.0; exit; fi
for last; do if [ "$previous" = -o ]; then out=$last; fi; previous=$last; done
echo $$ >> {folder}/builds
mkdir -p "$out"; printf half > "$out/etcd"
read -r go_on < {folder}/go_on
[ "$go_on" = hold ] && sh -c 'echo $$ >> {folder}/compilers; exec sleep 600'
echo whole > "$out/etcd"
"""


class StartSetup(Protocol):
    def __call__(self, *names: str) -> "subprocess.Popen[str]": ...


@pytest.fixture
def start_setup(student: Student) -> Iterator[StartSetup]:
    """Start `python -m workshop.binaries NAME ...`, with the student's catalogue; what it says comes by its stderr."""
    with contextlib.ExitStack() as stack:

        def start(*names: str) -> "subprocess.Popen[str]":
            catalogue = json.dumps(
                student.catalogue, default=lambda value: str(value) if isinstance(value, Path) else vars(value)
            )
            command = [sys.executable, "-c", SETUP, catalogue, *names]
            process = subprocess.Popen(
                command, env=student.env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
            )
            stack.callback(process.communicate)
            stack.callback(process.kill)
            return process

        yield start


class BlockingGo:
    """A Go that writes half a program and then waits for `go_on`."""

    def __init__(self, student: Student) -> None:
        self._folder = student.folder
        os.mkfifo(self._folder / "go_on")
        student.has("go", BLOCKING_GO.format(folder=self._folder))

    def builds(self) -> list[int]:
        """The pids of Go, in their order."""
        return self._pids("builds")

    def go_on(self) -> None:
        """Let a build go on; returns when it is there to hear it."""
        (self._folder / "go_on").write_text("finish\n")

    def hold(self) -> list[psutil.Process]:
        """Keep a build at work for good: Go itself, and a compiler that it has started."""
        (self._folder / "go_on").write_text("hold\n")
        return [psutil.Process(pid) for pid in self.builds() + eventually(self._compilers)]

    def kill(self) -> None:
        for pid in self.builds() + self._pids("compilers"):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)

    def _compilers(self) -> list[int]:
        pids = self._pids("compilers")
        assert pids
        return pids

    def _pids(self, file: str) -> list[int]:
        path = self._folder / file
        return [int(pid) for pid in path.read_text().split()] if path.exists() else []


@pytest.fixture
def blocking_go(student: Student) -> Iterator[BlockingGo]:
    go = BlockingGo(student)
    yield go
    go.kill()


def line(process: "subprocess.Popen[str]") -> str:
    """The next line that a set-up says; waits for it."""
    assert process.stderr
    return process.stderr.readline()


def installed_etcd(student: Student) -> list[str]:
    return [f"etcd/3.6.8-{student.catalogue.platform}/etcd", "lock"]


def test_two_setups_at_once_build_once_and_the_second_says_that_it_waits(
    student: Student, start_setup: StartSetup, blocking_go: BlockingGo
) -> None:
    first = start_setup("etcd")
    assert line(first) == "Building etcd with Go 1.30.0; the first time this takes minutes\n"
    second = start_setup("etcd")
    assert line(second) == f"Another set-up is at work in {student.cache.root}; waiting for it to finish.\n"
    blocking_go.go_on()
    outputs = [process.communicate()[0] for process in (first, second)]
    assert [process.returncode for process in (first, second)] == [0, 0]
    assert outputs == [f"etcd\t{student.cache.root}/etcd/3.6.8-{student.catalogue.platform}/etcd\n"] * 2
    assert len(blocking_go.builds()) == 1
    assert student.cached_files() == installed_etcd(student)


def test_a_setup_killed_while_building_leaves_nothing_installed_and_the_next_one_cleans(
    student: Student, start_setup: StartSetup, blocking_go: BlockingGo
) -> None:
    killed = start_setup("etcd")
    line(killed)
    blocking_go.hold()
    killed.kill()
    killed.wait()
    assert not (student.cache.root / "etcd").exists()
    (left,) = (student.cache.root / "scratch").iterdir()
    following = start_setup("etcd")
    line(following)
    assert not left.exists()
    blocking_go.go_on()
    assert following.wait() == 0
    assert student.cached_files() == installed_etcd(student)


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux ends a child with its parent")
def test_a_build_ends_with_the_setup_that_is_killed(start_setup: StartSetup, blocking_go: BlockingGo) -> None:
    killed = start_setup("etcd")
    line(killed)
    go, *_ = blocking_go.hold()
    killed.kill()
    go.wait(60)


def test_a_setup_killed_while_downloading_leaves_nothing_installed_and_the_next_one_cleans(
    student: Student, start_setup: StartSetup, server: Server
) -> None:
    download = server.serve("/etcd", b"x" * 1_000_000, {"etcd": ""})
    server.hanging.add("/etcd")
    student.catalogue = dataclasses.replace(student.catalogue, downloads=(download,))
    killed = start_setup("etcd")
    assert server.halfway.wait(60)
    killed.kill()
    killed.wait()
    assert not (student.cache.root / "etcd").exists()
    server.hanging.clear()
    assert start_setup("etcd").wait() == 0
    assert student.cached_files() == installed_etcd(student)


@pytest.mark.parametrize("signum", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_setup_ends_its_build_and_leaves_in_one_line(
    student: Student, start_setup: StartSetup, blocking_go: BlockingGo, signum: signal.Signals
) -> None:
    interrupted = start_setup("etcd")
    line(interrupted)
    processes = blocking_go.hold()
    interrupted.send_signal(signum)
    assert interrupted.communicate() == (
        "",
        "Interrupted. What was finished is kept; nothing half-installed is left.\n",
    )
    assert interrupted.returncode == 130
    assert not any(process.is_running() for process in processes)
    assert student.cached_files() == ["lock"]


def test_a_setup_that_finds_no_source_exits_1_with_its_reasons_and_no_traceback(start_setup: StartSetup) -> None:
    failed = start_setup("etcd")
    _, message = failed.communicate()
    assert failed.returncode == 1
    assert "No source provides etcd. What was tried:\n  - python" in message
    assert "Traceback" not in message


def test_what_cannot_be_done_without_is_needed_and_the_rest_is_optional(
    student: Student, start_setup: StartSetup
) -> None:
    etcd = student.has("etcd", "echo etcd Version: 3.6.8")
    apiserver = student.has("kube-apiserver", "echo Kubernetes v1.36.2")
    student.has("go", 'if [ "$1" = env ]; then echo go1.30.0; exit; fi\nexit 1')
    setup = start_setup()
    out, message = setup.communicate()
    assert setup.returncode == 0
    assert out == f"kube-apiserver\t{apiserver}\netcd\t{etcd}\n"
    assert "No source provides kube-controller-manager." in message


def test_a_name_that_is_none_is_refused_with_exit_code_2(start_setup: StartSetup) -> None:
    refused = start_setup("kube-scheduler")
    _, message = refused.communicate()
    assert refused.returncode == 2
    assert message.endswith("error: no such binary: kube-scheduler\n")


def test_the_addresses_for_a_mirror_are_those_of_all_platforms(start_setup: StartSetup) -> None:
    urls = start_setup("--urls").communicate()[0].split()
    assert set(urls) == {download.url for target in PLATFORMS for download in catalogue_for(target).downloads}
    assert all(any(target.os in url and target.arch in url for url in urls) for target in PLATFORMS)
