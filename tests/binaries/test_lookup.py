"""`ensure`: what no source provides, and what is optional."""

import pytest

from tests.binaries.conftest import Student, write_program
from workshop.binaries import BinariesMissing


def test_an_optional_binary_that_no_source_has_is_left_out_with_a_word(student: Student) -> None:
    etcd = student.has("etcd", "echo etcd Version: 3.6.8")
    student.has("go", 'if [ "$1" = env ]; then echo go1.30.0; exit; fi\necho no network; exit 1')
    assert student.ensure("etcd", optional=["kube-controller-manager"]) == {"etcd": etcd}
    assert student.lines[1:] == [
        "No source provides kube-controller-manager. What was tried:",
        "  - go ended with exit code 1; its last lines:",
        "    no network",
        "Going on without.",
    ]


def test_what_is_on_path_comes_before_what_is_in_the_cache(student: Student) -> None:
    cached = write_program(student.cache.path(student.catalogue.binaries["etcd"]), "")
    assert student.ensure("etcd") == {"etcd": cached}
    on_path = student.has("etcd", "echo etcd Version: 3.6.1")
    assert student.ensure("etcd") == {"etcd": on_path}


def test_a_cache_that_cannot_be_written_is_named(student: Student) -> None:
    (student.folder / "file").write_text("in the way")
    student.env["WORKSHOP_CACHE"] = f"{student.folder}/file/cache"
    with pytest.raises(BinariesMissing) as caught:
        student.ensure("etcd")
    assert str(caught.value).startswith(f"The cache folder {student.folder}/file/cache can't be used: ")
    assert str(caught.value).endswith("set WORKSHOP_CACHE to another folder that you may write to.")
