"""Binaries that are here already: the folder `KUBEBUILDER_ASSETS`, as envtest knows it, and PATH.

A program is taken only if it says a version that fits.
"""

import os
import re
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from workshop.binaries.catalogue import Binary
from workshop.binaries.external_commands import TIME_LIMIT, output

VERSION_PATTERNS = (
    re.compile(r"^Kubernetes v(\d+\.\d+\.\d+)$", re.MULTILINE),
    re.compile(r"^etcd Version: (\d+\.\d+\.\d+)$", re.MULTILINE),
    re.compile(r'"gitVersion": *"v(\d+\.\d+\.\d+)"'),
)


@dataclass(frozen=True)
class InstalledBinary:
    """A binary that can be used: `source` is `KUBEBUILDER_ASSETS`, `PATH` or `cache`."""

    name: str
    path: Path
    version: str
    source: str


@dataclass(frozen=True)
class Rejected:
    """Why what a source has doesn't serve, as a sentence for a student."""

    reason: str


def in_kubebuilder_assets(binary: Binary, env: Mapping[str, str]) -> InstalledBinary | Rejected | None:
    """What `KUBEBUILDER_ASSETS` has of the binary; None where the variable is not set, or not for this binary."""
    folder = env.get("KUBEBUILDER_ASSETS")
    if not folder or not binary.version_arguments:
        return None
    program = Path(folder).expanduser().absolute() / binary.name
    if not os.access(program, os.X_OK) or not program.is_file():
        return Rejected(f"KUBEBUILDER_ASSETS={folder} has no program {binary.name}; looking elsewhere.")
    version = program_version(program, binary.version_arguments)
    if version is None or not within_skew(binary, version):
        problem = f"is version {version}" if version else "doesn't tell its version"
        return Rejected(f"{program} {problem}, but {version_range(binary)} is needed; looking elsewhere.")
    return InstalledBinary(binary.name, program, version, "KUBEBUILDER_ASSETS")


def on_path(binary: Binary, env: Mapping[str, str]) -> InstalledBinary | None:
    """The program of that name on PATH, if its version fits."""
    program = shutil.which(binary.name, path=env.get("PATH", os.defpath)) if binary.version_arguments else None
    if program is None:
        return None
    path = Path(program).absolute()
    version = program_version(path, binary.version_arguments)
    if version is None or not within_skew(binary, version):
        return None
    return InstalledBinary(binary.name, path, version, "PATH")


def program_version(program: Path, arguments: tuple[str, ...], time_limit: float = TIME_LIMIT) -> str | None:
    """The release that a program says it is; None where it doesn't answer, or answers anything but a plain release."""
    text = output([program, *arguments], time_limit=time_limit) or ""
    return next((match[1] for pattern in VERSION_PATTERNS if (match := pattern.search(text))), None)


def within_skew(binary: Binary, version: str) -> bool:
    """Whether another release of a program can stand in: same major version, minor within the binary's skew."""
    major, minor = (int(part) for part in version.split(".")[:2])
    pinned_major, pinned_minor = (int(part) for part in binary.version.split(".")[:2])
    return major == pinned_major and abs(minor - pinned_minor) <= binary.skew


def version_range(binary: Binary) -> str:
    """The versions that fit, in words."""
    minor = ".".join(binary.version.split(".")[:2])
    return f"{minor}.x" if not binary.skew else f"{minor}.x, give or take {binary.skew} minor version"
