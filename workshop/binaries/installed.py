"""Binaries that are here already: the folder `KUBEBUILDER_ASSETS`, as envtest knows it, and PATH.

A program is taken only if it tells a version that fits.
"""

import os
import re
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from workshop.binaries.catalogue import Binary

TIME_LIMIT = 10.0
ANSWERS = (
    re.compile(r"^Kubernetes v(\d+\.\d+\.\d+)$", re.MULTILINE),
    re.compile(r"^etcd Version: (\d+\.\d+\.\d+)$", re.MULTILINE),
    re.compile(r'"gitVersion": *"v(\d+\.\d+\.\d+)"'),
)


@dataclass(frozen=True)
class Found:
    """A binary that can be used: `source` is `KUBEBUILDER_ASSETS`, `PATH` or `cache`."""

    name: str
    path: Path
    version: str
    source: str


@dataclass(frozen=True)
class Refused:
    """Why a source doesn't serve a binary, as a sentence for a student."""

    why: str


def in_assets(binary: Binary, env: Mapping[str, str]) -> Found | Refused | None:
    """What `KUBEBUILDER_ASSETS` has of the binary; None where the variable is not set, or not for this binary."""
    folder = env.get("KUBEBUILDER_ASSETS")
    if not folder or not binary.ask:
        return None
    program = Path(folder).expanduser().absolute() / binary.name
    if not os.access(program, os.X_OK) or not program.is_file():
        return Refused(f"KUBEBUILDER_ASSETS={folder} has no program {binary.name}; looking elsewhere.")
    version = ask_version(program, binary.ask)
    if version is None or not fits(binary, version):
        told = f"is version {version}" if version else "doesn't tell its version"
        return Refused(f"{program} {told}, but {wanted(binary)} is needed; looking elsewhere.")
    return Found(binary.name, program, version, "KUBEBUILDER_ASSETS")


def on_path(binary: Binary, env: Mapping[str, str]) -> Found | None:
    """The program of that name on PATH, if its version fits."""
    program = shutil.which(binary.name, path=env.get("PATH", os.defpath)) if binary.ask else None
    version = ask_version(Path(program), binary.ask) if program else None
    if program is None or version is None or not fits(binary, version):
        return None
    return Found(binary.name, Path(program).absolute(), version, "PATH")


def ask_version(program: Path, arguments: tuple[str, ...], time_limit: float = TIME_LIMIT) -> str | None:
    """The release that a program says it is; None where it doesn't answer, or answers anything but a plain release."""
    try:
        answer = subprocess.run(
            [program, *arguments], stdin=subprocess.DEVNULL, capture_output=True, timeout=time_limit, check=True
        )
    except (OSError, subprocess.SubprocessError):
        return None
    text = answer.stdout.decode(errors="replace")
    return next((match[1] for pattern in ANSWERS if (match := pattern.search(text))), None)


def fits(binary: Binary, version: str) -> bool:
    """Whether another release of a program can stand in: same major version, minor within the binary's skew."""
    major, minor = (int(part) for part in version.split(".")[:2])
    wanted_major, wanted_minor = (int(part) for part in binary.version.split(".")[:2])
    return major == wanted_major and abs(minor - wanted_minor) <= binary.skew


def wanted(binary: Binary) -> str:
    """The versions that fit, in words."""
    minor = ".".join(binary.version.split(".")[:2])
    return f"{minor}.x" if not binary.skew else f"{minor}.x, give or take {binary.skew} minor version"
