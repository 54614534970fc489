"""What `workshop doctor` examines, and how each prerequisite stands."""

import dataclasses

import pytest

from tests.binaries.conftest import Server, Student, write_program
from workshop.binaries.prerequisites import Prerequisite, State, examine, python, space, tool


def examined(student: Student, name: str) -> Prerequisite:
    return next(each for each in examine(student.env, student.catalogue) if each.name == name)


def test_what_a_download_would_bring_is_to_get_and_is_not_fetched(student: Student, server: Server) -> None:
    download = server.serve("/etcd", b"etcd", {"etcd": ""})
    student.catalogue = dataclasses.replace(student.catalogue, downloads=(download,))
    etcd = examined(student, "etcd")
    assert (etcd.state, etcd.detail) == (State.TO_GET, f"3.6.8  by a download from {server.url}/etcd")
    assert server.requests == ["HEAD /etcd"]


@pytest.mark.parametrize(("reached", "state"), [("exit 0", State.TO_GET), ("exit 1", State.MISSING)])
def test_what_go_could_build_is_to_get_if_its_sources_can_be_reached(
    student: Student, reached: str, state: State
) -> None:
    module, arguments = student.catalogue.module, student.folder / "arguments"
    (module / "go.mod").write_text("module a\n\ngo 1.21\n\nrequire (\n\texample.test/tiny v1.2.3\n)\n")
    student.has("go", f'if [ "$1" = env ]; then echo go1.30.0; exit; fi\necho "$@" > {arguments}\n{reached}')
    assert examined(student, "etcd").state is state
    assert arguments.read_text() == f"-C {module} list -m example.test/tiny@v1.2.3\n"


def test_go_is_asked_for_only_where_something_is_to_be_built(student: Student) -> None:
    student.env["PATH"] = str(student.bin)
    assert examined(student, "Go").advice.startswith("Go is not needed where downloads work; else set-up gets it")
    for binary in student.catalogue.binaries.values():
        write_program(student.cache.path(binary), "")
    assert examined(student, "Go").advice == ""


@pytest.mark.parametrize(
    ("version", "state"),
    [((3, 10, 9), State.MISSING), ((3, 11, 0), State.OK), ((3, 13, 9), State.OK), ((3, 14, 0), State.MISSING)],
)
def test_the_python_must_be_one_that_the_workshop_runs_on(version: tuple[int, ...], state: State) -> None:
    get = "Install a Python from 3.11 up to, not including, 3.14"
    assert (python(version).state, python(version).advice.startswith(get)) == (state, state is State.MISSING)


@pytest.mark.parametrize(
    ("answer", "state"),
    [
        ("GNU Make 3.81", State.OK),
        ("GNU Make 4.4.1", State.OK),
        ("GNU Make 3.80", State.NOT_HERE),
        ("", State.NOT_HERE),
    ],
)
def test_make_is_fine_from_the_one_on_macos(student: Student, answer: str, state: State) -> None:
    student.has("make", f"echo {answer}")
    make = tool("make", (3, 81), student.env)
    assert (make.state, make.advice.startswith("Get make 3.81 or newer: ")) == (state, state is State.NOT_HERE)


@pytest.mark.parametrize(
    ("free", "to_get", "state", "advice"),
    [
        (0.4, True, State.MISSING, "0.5 GB are needed. Make room in"),
        (4.9, True, State.OK, "Enough for downloads; a Go build needs 5 GB."),
        (5.0, True, State.OK, ""),
        (0.4, False, State.OK, ""),
    ],
)
def test_the_cache_needs_room_for_what_is_to_get(
    student: Student, free: float, to_get: bool, state: State, advice: str
) -> None:
    cache = space(student.cache, free, to_get=to_get)
    assert (cache.state, cache.detail) == (state, f"{student.cache.root}, {free} GB free")
    assert cache.advice.startswith(advice)
    assert bool(cache.advice) is bool(advice)


def test_a_cache_that_cannot_be_made_is_missing(student: Student) -> None:
    (student.folder / "file").write_text("in the way")
    student.env["WORKSHOP_CACHE"] = f"{student.folder}/file/cache"
    cache = examined(student, "cache")
    assert (cache.state, cache.detail) == (State.MISSING, f"{student.folder}/file/cache can't be written to")
    assert "set WORKSHOP_CACHE to another folder" in cache.advice
