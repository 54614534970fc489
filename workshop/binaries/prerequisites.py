"""What `workshop doctor` examines: what is here and from where, what is missing and how to get it. Changes nothing."""

import os
import platform
import re
import shutil
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum

from workshop.binaries import advice
from workshop.binaries.binary_cache import Cache, cache_root
from workshop.binaries.catalogue import Catalogue, host_catalogue
from workshop.binaries.external_commands import output
from workshop.binaries.go_toolchain import find_go, minimum_version
from workshop.binaries.installed import Rejected, in_kubebuilder_assets
from workshop.binaries.lookup import find
from workshop.binaries.sources import Sources

PYTHON_FROM, PYTHON_BELOW = (3, 11), (3, 14)
TOOLS = {"make": (3, 81), "git": (2, 0)}
DOWNLOADED_GB, BUILT_GB = 0.5, 5.0


class State(StrEnum):
    """How a prerequisite stands."""

    OK = "ok"
    TO_GET = "to get"  # set-up will fetch or build it
    NOT_HERE = "not here"  # and not needed
    MISSING = "missing"  # needed, and set-up can't get it


@dataclass(frozen=True)
class Prerequisite:
    """Something that the workshop needs or can use; `advice` says what to do about it."""

    name: str
    state: State
    detail: str
    advice: str = ""


def examine(env: Mapping[str, str] = os.environ, catalogue: Catalogue | None = None) -> list[Prerequisite]:
    """Examine this machine. The network is asked only where a binary is missing.

    Raises:
        BinariesMissing: this is a platform that the workshop doesn't run on.
    """
    catalogue = catalogue or host_catalogue()
    cache = Cache(cache_root(env), catalogue.platform)
    binaries = list(_binaries(env, catalogue, cache))
    to_get = any(binary.state is not State.OK for binary in binaries)
    return [
        python(sys.version_info[:3]),
        *(tool(name, least, env) for name, least in TOOLS.items()),
        *binaries,
        _go(env, catalogue, cache, needed_now=to_get),
        _cache(cache, to_get=to_get),
    ]


def python(version: tuple[int, ...]) -> Prerequisite:
    """Whether a Python fits."""
    actual, least, below = (".".join(map(str, numbers)) for numbers in (version, PYTHON_FROM, PYTHON_BELOW))
    if PYTHON_FROM <= version[:2] < PYTHON_BELOW:
        return Prerequisite("Python", State.OK, f"{actual}  {sys.executable}")
    get = f"Install a Python from {least} up to, not including, {below}, and make the virtual environment with it."
    return Prerequisite("Python", State.MISSING, actual, get)


def tool(name: str, least: tuple[int, int], env: Mapping[str, str]) -> Prerequisite:
    """Whether a tool is on PATH, and new enough. Only the `make` commands need make, only the lessons need git."""
    program = shutil.which(name, path=env.get("PATH", ""))
    answer = ((program and output([program, "--version"])) or "").partition("\n")[0]
    version = re.search(r"(\d+)\.(\d+)", answer)
    if version and (int(version[1]), int(version[2])) >= least:
        return Prerequisite(name, State.OK, f"{answer}  {program}")
    by = "xcode-select --install" if platform.system() == "Darwin" else f"apt install {name}, or as your system has it"
    get = f"Get {name} {least[0]}.{least[1]} or newer: {by}"
    return Prerequisite(name, State.NOT_HERE, answer or "none on PATH", get)


def _binaries(env: Mapping[str, str], catalogue: Catalogue, cache: Cache) -> Iterator[Prerequisite]:
    installed = {name: find(name, env=env, catalogue=catalogue) for name in catalogue.binaries}
    missing = [catalogue.binaries[name] for name, place in installed.items() if not place]
    available = Sources(catalogue, cache, env).available(missing)
    for name, place in installed.items():
        binary = catalogue.binaries[name]
        in_assets = in_kubebuilder_assets(binary, env)
        rejection = in_assets.reason if isinstance(in_assets, Rejected) else ""
        if place:
            yield Prerequisite(name, State.OK, f"{place.version}  {place.path} ({place.source})", rejection)
        elif name in available:
            yield Prerequisite(name, State.TO_GET, f"{binary.version}  {available[name]}", rejection)
        else:
            state, so = (State.NOT_HERE, f"; without it: {binary.without}") if binary.without else (State.MISSING, "")
            detail = f"{binary.version}  neither a download nor what a Go build takes can be reached{so}"
            yield Prerequisite(name, state, detail, advice.without_source(cache))


def _go(env: Mapping[str, str], catalogue: Catalogue, cache: Cache, *, needed_now: bool) -> Prerequisite:
    if go := find_go(catalogue, cache, env):
        return Prerequisite("Go", State.OK, f"{go.version}  {go.program}")
    least = minimum_version(catalogue.module)
    get = f"Go is not needed where downloads work; else set-up gets it from PyPI, or you install {least} or newer."
    return Prerequisite("Go", State.NOT_HERE, f"none from {least} on", get if needed_now else "")


def _cache(cache: Cache, *, to_get: bool) -> Prerequisite:
    root = cache.root
    existing = next(folder for folder in (root, *root.parents) if folder.exists())
    if not (existing.is_dir() and os.access(existing, os.W_OK)):
        return Prerequisite("cache", State.MISSING, f"{root} can't be written to", advice.other_cache(cache))
    return space(cache, shutil.disk_usage(existing).free / 1e9, to_get=to_get)


def space(cache: Cache, free: float, *, to_get: bool) -> Prerequisite:
    """Whether the cache's `free` GB are enough; `to_get`: for a set-up that has something to get."""
    detail = f"{cache.root}, {free:.1f} GB free"
    if to_get and free < DOWNLOADED_GB:
        get = f"{DOWNLOADED_GB} GB are needed. {advice.other_cache(cache)}"
        return Prerequisite("cache", State.MISSING, detail, get)
    if to_get and free < BUILT_GB:
        return Prerequisite("cache", State.OK, detail, f"Enough for downloads; a Go build needs {BUILT_GB:.0f} GB.")
    return Prerequisite("cache", State.OK, detail)
