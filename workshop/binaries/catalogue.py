"""What versions.toml says, as values for one platform. Reads that file and nothing else."""

import platform
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from workshop.binaries.errors import BinariesMissing

HERE = Path(__file__).parent
ARCHITECTURES = {"x86_64": "amd64", "amd64": "amd64", "aarch64": "arm64", "arm64": "arm64"}


@dataclass(frozen=True)
class Platform:
    """Operating system and architecture, in Go's words."""

    os: str
    arch: str

    def __str__(self) -> str:
        return f"{self.os}-{self.arch}"


PLATFORMS = tuple(Platform(os, arch) for os in ("linux", "darwin") for arch in ("amd64", "arm64"))


@dataclass(frozen=True)
class Binary:
    """A program that the workshop needs, its version without the leading v; other fields as in versions.toml."""

    name: str
    version: str
    package: str
    version_arguments: tuple[str, ...] = ()
    skew: int = 0
    without: str = ""


@dataclass(frozen=True)
class Download:
    """A file to fetch: `checksum` is `algorithm:hex`, `members` maps a binary to its path in the archive.

    An empty path means that the download is the program itself.
    """

    url: str
    checksum: str
    members: Mapping[str, str]


@dataclass(frozen=True)
class Catalogue:
    """All that can be provided on one platform; `module` is the folder of the Go module that builds it."""

    platform: Platform
    binaries: Mapping[str, Binary]
    downloads: tuple[Download, ...]
    module: Path
    go_version: str


@cache
def host_catalogue() -> Catalogue:
    """The catalogue of this machine.

    Raises:
        BinariesMissing: there is none for it, as on Windows.
    """
    return catalogue_for(host_platform(platform.system(), platform.machine()))


def host_platform(system: str, machine: str) -> Platform:
    """The platform that `platform.system()` and `platform.machine()` name.

    Raises:
        BinariesMissing: the workshop doesn't run there.
    """
    if system not in {"Linux", "Darwin"} or machine.lower() not in ARCHITECTURES:
        raise BinariesMissing(
            f"The workshop runs on Linux and macOS, on amd64 and arm64; this is {system} on {machine}.\n"
            "On Windows, run it inside WSL 2: https://learn.microsoft.com/windows/wsl/install"
        )
    return Platform(system.lower(), ARCHITECTURES[machine.lower()])


def catalogue_for(target: Platform) -> Catalogue:
    """What versions.toml says, with the downloads that fit `target`."""
    data = tomllib.loads((HERE / "versions.toml").read_text())
    return Catalogue(
        platform=target,
        binaries={
            name: Binary(name=name, **entry | {"version_arguments": tuple(entry.get("version_arguments", ()))})
            for name, entry in data["binaries"].items()
        },
        downloads=tuple(_download(entry, target) for entry in data["downloads"] if str(target) in entry["checksums"]),
        module=HERE / "build",
        go_version=data["go"]["version"],
    )


def _download(entry: dict[str, Any], target: Platform) -> Download:
    def filled(template: str) -> str:
        return template.format(version=entry["version"], os=target.os, arch=target.arch)

    members = {name: filled(member) for name, member in entry["members"].items()}
    return Download(filled(entry["url"]), entry["checksums"][str(target)], members)
