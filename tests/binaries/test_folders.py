"""Binaries that are here already: KUBEBUILDER_ASSETS and PATH, taken only where their version fits."""

from collections.abc import Callable
from pathlib import Path

import pytest

from workshop.binaries import ensure, find
from workshop.binaries.catalogue import Catalogue, catalogue
from workshop.binaries.installed import ask_version, fits

Program = Callable[[Path, str], Path]


def test_a_program_in_kubebuilder_assets_comes_first(
    known: Catalogue, env, heard, program: Program, bin_folder, tmp_path
):
    program(bin_folder / "etcd", "echo etcd Version: 3.6.1")
    ours = program(tmp_path / "assets" / "etcd", "echo etcd Version: 3.6.21")
    env["KUBEBUILDER_ASSETS"] = str(ours.parent)
    assert ensure(["etcd"], heard.report, env=env, known=known) == {"etcd": ours}
    assert heard.lines == []


def test_kubebuilder_assets_without_a_program_says_so_and_path_serves(known, env, heard, program: Program, bin_folder):
    env["KUBEBUILDER_ASSETS"] = "/nowhere"
    there = program(bin_folder / "etcd", "echo etcd Version: 3.6.1")
    assert ensure(["etcd"], heard.report, env=env, known=known) == {"etcd": there}
    assert heard.lines == ["KUBEBUILDER_ASSETS=/nowhere has no program etcd; looking elsewhere."]


@pytest.mark.parametrize(
    ("script", "told"),
    [
        ("echo etcd Version: 3.5.9", "is version 3.5.9"),
        ("echo hello", "doesn't tell its version"),
        ("exit 1", "doesn't tell its version"),
    ],
)
def test_a_wrong_program_in_kubebuilder_assets_is_named_and_the_next_source_serves(
    script, told, known, env, heard, program: Program, bin_folder, tmp_path
):
    wrong = program(tmp_path / "assets" / "etcd", script)
    env["KUBEBUILDER_ASSETS"] = str(wrong.parent)
    right = program(bin_folder / "etcd", "echo etcd Version: 3.6.1")
    assert ensure(["etcd"], heard.report, env=env, known=known) == {"etcd": right}
    assert heard.lines == [f"{wrong} {told}, but 3.6.x is needed; looking elsewhere."]


def test_what_was_found_tells_its_version_and_where_it_is_from(known, env, program: Program, bin_folder):
    program(bin_folder / "kube-apiserver", "echo Kubernetes v1.36.7")
    found = find("kube-apiserver", env=env, known=known)
    assert found
    assert (found.path, found.version, found.source) == (bin_folder / "kube-apiserver", "1.36.7", "PATH")


def test_a_program_that_cannot_tell_its_version_is_never_taken_from_path(known, env, program: Program, bin_folder):
    program(bin_folder / "kube-controller-manager", "echo Kubernetes v1.36.2")
    assert not known.binaries["kube-controller-manager"].ask
    assert find("kube-controller-manager", env=env, known=known) is None


@pytest.mark.parametrize(
    "answer", ["v1.32.4", "v1.36.2-dispatcher", "v1.36.2-eks-1a2b3c", "v1.34.9", "v2.36.2", "1.36"]
)
def test_a_kubectl_of_another_kind_or_version_on_path_is_not_taken(answer, env, program: Program, bin_folder):
    program(bin_folder / "kubectl", f"""echo '{{"clientVersion": {{"gitVersion": "{answer}"}}}}'""")
    assert find("kubectl", env=env) is None


@pytest.mark.parametrize("answer", ["1.35.0", "1.36.9", "1.37.1"])
def test_a_kubectl_within_one_minor_version_on_path_is_taken(answer, env, program: Program, bin_folder):
    program(bin_folder / "kubectl", f"""echo '{{"clientVersion": {{"gitVersion": "v{answer}"}}}}'""")
    found = find("kubectl", env=env)
    assert found
    assert found.version == answer


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
    assert fits(catalogue().binaries[binary], version) is expected


def test_a_program_that_hangs_is_given_up(program: Program, tmp_path: Path) -> None:
    hanging = program(tmp_path / "etcd", "exec sleep 60")
    assert ask_version(hanging, ("--version",), time_limit=0.05) is None


def test_a_file_that_is_no_program_is_refused_by_name(known, env, heard, tmp_path, program: Program, bin_folder):
    (tmp_path / "assets").mkdir()
    (tmp_path / "assets" / "etcd").write_text("notes")
    env["KUBEBUILDER_ASSETS"] = str(tmp_path / "assets")
    program(bin_folder / "etcd", "echo etcd Version: 3.6.1")
    ensure(["etcd"], heard.report, env=env, known=known)
    assert heard.lines == [f"KUBEBUILDER_ASSETS={tmp_path}/assets has no program etcd; looking elsewhere."]
