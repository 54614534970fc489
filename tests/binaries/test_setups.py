"""Set-ups as processes: two at once, one killed in the middle, one interrupted; the cache holds only what is whole."""

import contextlib
import dataclasses
import os
import signal
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from workshop.binaries.catalogue import PLATFORMS, for_platform

BLOCKING_GO = """
if [ "$1" = env ]; then echo go1.30.0; exit; fi
for last; do if [ "$previous" = -o ]; then out=$last; fi; previous=$last; done
echo $$ >> {folder}/builds
mkdir -p "$out"; printf half > "$out/etcd"
read -r go_on < {folder}/go_on
[ "$go_on" = hold ] && exec sleep 600
echo whole > "$out/etcd"
"""


@pytest.fixture
def blocking_go(program, bin_folder, tmp_path: Path) -> Iterator[Path]:
    """A Go that writes half a program and then waits until something is written to the pipe `go_on`."""
    os.mkfifo(tmp_path / "go_on")
    program(bin_folder / "go", BLOCKING_GO.format(folder=tmp_path))
    yield tmp_path
    for pid in builds(tmp_path):
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


def builds(folder: Path) -> list[int]:
    """The processes that built, in their order."""
    return [int(pid) for pid in (folder / "builds").read_text().split()]


def in_cache(tmp_path: Path) -> list[str]:
    return sorted(str(p.relative_to(tmp_path / "cache")) for p in (tmp_path / "cache").rglob("*") if p.is_file())


def go_on(folder: Path, word: str = "finish") -> None:
    """Let a blocking build go on; returns when it is there to hear it."""
    (folder / "go_on").write_text(word + "\n")


def installed(known) -> list[str]:
    return [f"etcd/3.6.8-{known.platform}/etcd", "lock"]


def test_two_setups_at_once_build_once_and_the_second_says_that_it_waits(start_setup, blocking_go, known, tmp_path):
    first = start_setup("etcd")
    assert first.stderr.readline() == "Building etcd with Go 1.30.0; the first time this takes minutes\n"
    second = start_setup("etcd")
    assert second.stderr.readline() == f"Another set-up is at work in {tmp_path}/cache; waiting for it to finish.\n"
    go_on(blocking_go)
    told = [process.communicate() for process in (first, second)]
    assert [process.returncode for process in (first, second)] == [0, 0]
    assert [out for out, _ in told] == [f"etcd\t{tmp_path}/cache/etcd/3.6.8-{known.platform}/etcd\n"] * 2
    assert len(builds(blocking_go)) == 1
    assert in_cache(tmp_path) == installed(known)


def test_a_setup_killed_while_building_leaves_nothing_installed_and_the_next_one_cleans(
    start_setup, blocking_go, known, tmp_path
):
    killed = start_setup("etcd")
    killed.stderr.readline()
    go_on(blocking_go, "hold")
    killed.kill()
    killed.wait()
    assert not (tmp_path / "cache" / "etcd").exists()
    (left,) = (tmp_path / "cache" / "scratch").iterdir()
    following = start_setup("etcd")
    following.stderr.readline()
    assert not left.exists()
    go_on(blocking_go)
    assert following.wait() == 0
    assert in_cache(tmp_path) == installed(known)


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux ends a child with its parent")
def test_a_build_ends_with_the_setup_that_is_killed(start_setup, blocking_go):
    killed = start_setup("etcd")
    killed.stderr.readline()
    go_on(blocking_go, "hold")
    build = psutil.Process(builds(blocking_go)[0])
    killed.kill()
    build.wait(10)


def test_a_setup_killed_while_downloading_leaves_nothing_installed_and_the_next_one_cleans(
    start_setup, server, known, tmp_path
):
    offer = server.offer("/etcd", b"x" * 1_000_000, {"etcd": ""})
    server.hanging.add("/etcd")
    known = dataclasses.replace(known, downloads=(offer,))
    killed = start_setup("etcd", known=known)
    assert server.halfway.wait(30)
    killed.kill()
    killed.wait()
    assert not (tmp_path / "cache" / "etcd").exists()
    server.hanging.clear()
    assert start_setup("etcd", known=known).wait() == 0
    assert in_cache(tmp_path) == installed(known)


@pytest.mark.parametrize("signum", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_setup_ends_its_build_and_leaves_in_one_line(signum, start_setup, blocking_go, tmp_path):
    interrupted = start_setup("etcd")
    interrupted.stderr.readline()
    go_on(blocking_go, "hold")
    build = psutil.Process(builds(blocking_go)[0])
    interrupted.send_signal(signum)
    assert interrupted.communicate() == (
        "",
        "Interrupted. What was finished is kept; nothing half-installed is left.\n",
    )
    assert interrupted.returncode == 130
    assert not build.is_running()
    assert in_cache(tmp_path) == ["lock"]


def test_a_setup_that_finds_no_source_exits_1_with_its_reasons_and_no_traceback(start_setup):
    failed = start_setup("etcd")
    _, told = failed.communicate()
    assert failed.returncode == 1
    assert "No source provides etcd. What was tried:\n  - python" in told
    assert "Traceback" not in told


def test_what_cannot_be_done_without_is_needed_and_the_rest_is_optional(start_setup, program, bin_folder):
    program(bin_folder / "etcd", "echo etcd Version: 3.6.8")
    program(bin_folder / "kube-apiserver", "echo Kubernetes v1.36.2")
    program(bin_folder / "go", 'if [ "$1" = env ]; then echo go1.30.0; exit; fi\nexit 1')
    setup = start_setup()
    out, told = setup.communicate()
    assert setup.returncode == 0
    assert out == f"kube-apiserver\t{bin_folder}/kube-apiserver\netcd\t{bin_folder}/etcd\n"
    assert "No source provides kube-controller-manager." in told


def test_a_name_that_is_none_is_refused_with_exit_code_2(start_setup):
    refused = start_setup("kube-scheduler")
    _, told = refused.communicate()
    assert refused.returncode == 2
    assert told.endswith("error: no such binary: kube-scheduler\n")


def test_the_addresses_for_a_mirror_are_those_of_all_platforms(start_setup):
    told, _ = start_setup("--urls").communicate()
    assert set(told.split()) == {download.url for target in PLATFORMS for download in for_platform(target).downloads}
    assert all(any(target.os in url and target.arch in url for url in told.split()) for target in PLATFORMS)
