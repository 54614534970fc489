"""The user's cache of binaries, shared by all workspaces: one folder per binary, version and platform.

A binary appears there complete, by one rename. Whatever is unfinished lives in the scratch folder, which belongs to
the holder of the lock: what a killed set-up left there goes when the next one takes the lock.
"""

import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import platformdirs
from filelock import FileLock, Timeout

from workshop.binaries.catalogue import Binary, Platform
from workshop.binaries.reporter import Reporter


@dataclass(frozen=True)
class Cache:
    """Where binaries are kept for one platform."""

    root: Path
    platform: Platform

    def path(self, binary: Binary) -> Path:
        """Where the binary is, or will be."""
        return self.folder(binary.name, binary.version) / binary.name

    def folder(self, name: str, version: str) -> Path:
        """Where all that belongs to one version of a program is, or will be."""
        return self.root / name / f"{version}-{self.platform}"

    def has(self, binary: Binary) -> bool:
        """Whether the binary is there, complete."""
        return self.path(binary).is_file()

    def install(self, program: Path, binary: Binary) -> None:
        """Move a program from the scratch folder to its place."""
        program.chmod(0o755)
        with program.open("rb") as file:
            os.fsync(file.fileno())
        staged = program.with_name(f"{program.name}.install")
        staged.mkdir()
        program.rename(staged / binary.name)
        self.install_folder(staged, self.folder(binary.name, binary.version))

    def install_folder(self, staged: Path, place: Path) -> None:
        """Move a folder from the scratch folder to its place."""
        place.parent.mkdir(parents=True, exist_ok=True)
        staged.rename(place)

    @contextmanager
    def locked(self, report: Reporter) -> Iterator[Path]:
        """Wait for any other set-up, then give a scratch folder on the cache's file system, which goes at the end."""
        scratch = self.root / "scratch"
        self.root.mkdir(parents=True, exist_ok=True)
        lock = FileLock(self.root / "lock")
        try:
            lock.acquire(blocking=False)
        except Timeout:
            report.say(f"Another set-up is at work in {self.root}; waiting for it to finish.")
            lock.acquire()
        try:
            shutil.rmtree(scratch, ignore_errors=True)
            scratch.mkdir(exist_ok=True)
            yield Path(tempfile.mkdtemp(dir=scratch))
        finally:
            shutil.rmtree(scratch, ignore_errors=True)
            lock.release()


def cache_root(env: Mapping[str, str]) -> Path:
    """`WORKSHOP_CACHE`, else the user's cache folder for this program."""
    return Path(env.get("WORKSHOP_CACHE") or platformdirs.user_cache_dir("icecream-workshop")).expanduser().absolute()
