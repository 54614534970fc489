"""Binaries that are here already: KUBEBUILDER_ASSETS and PATH, taken only where their version fits."""

from pathlib import Path

import pytest

from tests.binaries.conftest import Student, write_program
from workshop.binaries.catalogue import host_catalogue
from workshop.binaries.installed import program_version, within_skew


def test_a_program_in_kubebuilder_assets_comes_first(student: Student) -> None:
    student.has("etcd", "echo etcd Version: 3.6.1")
    in_assets = write_program(student.folder / "assets" / "etcd", "echo etcd Version: 3.6.21")
    student.env["KUBEBUILDER_ASSETS"] = str(in_assets.parent)
    assert student.ensure("etcd") == {"etcd": in_assets}
    assert student.lines == []


def test_kubebuilder_assets_without_a_program_says_so_and_path_serves(student: Student) -> None:
    student.env["KUBEBUILDER_ASSETS"] = "/nowhere"
    on_path = student.has("etcd", "echo etcd Version: 3.6.1")
    assert student.ensure("etcd") == {"etcd": on_path}
    assert student.lines == ["KUBEBUILDER_ASSETS=/nowhere has no program etcd; looking elsewhere."]


@pytest.mark.parametrize(
    ("script", "problem"),
    [
        ("echo etcd Version: 3.5.9", "is version 3.5.9"),
        ("echo hello", "doesn't tell its version"),
        ("echo etcd Version: 3.6.1; exit 1", "doesn't tell its version"),
    ],
)
def test_a_wrong_program_in_kubebuilder_assets_is_named_and_the_next_source_serves(
    student: Student, script: str, problem: str
) -> None:
    wrong = write_program(student.folder / "assets" / "etcd", script)
    student.env["KUBEBUILDER_ASSETS"] = str(wrong.parent)
    right = student.has("etcd", "echo etcd Version: 3.6.1")
    assert student.ensure("etcd") == {"etcd": right}
    assert student.lines == [f"{wrong} {problem}, but 3.6.x is needed; looking elsewhere."]


def test_a_file_that_is_no_program_is_refused_by_name(student: Student) -> None:
    notes = student.folder / "assets" / "etcd"
    notes.parent.mkdir()
    notes.write_text("notes")
    student.env["KUBEBUILDER_ASSETS"] = str(notes.parent)
    student.has("etcd", "echo etcd Version: 3.6.1")
    student.ensure("etcd")
    assert student.lines == [f"KUBEBUILDER_ASSETS={notes.parent} has no program etcd; looking elsewhere."]


def test_what_is_on_path_comes_with_its_version_and_source(student: Student) -> None:
    program = student.has("kube-apiserver", "echo Kubernetes v1.36.7")
    binary = student.find("kube-apiserver")
    assert binary
    assert (binary.path, binary.version, binary.source) == (program, "1.36.7", "PATH")


def test_a_program_that_cannot_tell_its_version_is_never_taken_from_path(student: Student) -> None:
    student.has("kube-controller-manager", "echo Kubernetes v1.36.2")
    assert not student.catalogue.binaries["kube-controller-manager"].version_arguments
    assert student.find("kube-controller-manager") is None


@pytest.mark.parametrize(
    "answer", ["v1.32.4", "v1.36.2-dispatcher", "v1.36.2-eks-1a2b3c", "v1.34.9", "v2.36.2", "1.36"]
)
def test_a_kubectl_of_another_kind_or_version_on_path_is_not_taken(student: Student, answer: str) -> None:
    student.catalogue = host_catalogue()
    student.has("kubectl", f"""echo '{{"clientVersion": {{"gitVersion": "{answer}"}}}}'""")
    assert student.find("kubectl") is None


@pytest.mark.parametrize("answer", ["1.35.0", "1.36.9", "1.37.1"])
def test_a_kubectl_within_one_minor_version_on_path_is_taken(student: Student, answer: str) -> None:
    student.catalogue = host_catalogue()
    student.has("kubectl", f"""echo '{{"clientVersion": {{"gitVersion": "v{answer}"}}}}'""")
    binary = student.find("kubectl")
    assert binary
    assert binary.version == answer


@pytest.mark.parametrize(
    ("binary", "version", "expected"),
    [
        ("kube-apiserver", "1.36.0", True),
        ("kube-apiserver", "1.37.0", False),
        ("kubectl", "1.37.0", True),
        ("kubectl", "1.34.0", False),
        ("etcd", "3.6.99", True),
        ("etcd", "3.7.0", False),
        ("etcd", "4.6.0", False),
    ],
)
def test_the_minor_version_decides(binary: str, version: str, expected: bool) -> None:
    assert within_skew(host_catalogue().binaries[binary], version) is expected


def test_a_program_that_hangs_is_given_up(tmp_path: Path) -> None:
    hanging = write_program(tmp_path / "etcd", "exec sleep 600")  # longer than a test may take
    assert program_version(hanging, ("--version",), time_limit=0.05) is None
