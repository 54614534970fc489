"""Finds binaries, or makes them be there. Order: KUBEBUILDER_ASSETS, PATH, the cache, then what `sources` can fetch.

With all binaries in place no network is touched.
"""

import os
from collections.abc import Mapping, Sequence
from pathlib import Path

from workshop.binaries import advice
from workshop.binaries.cache import Cache, cache_root
from workshop.binaries.catalogue import Binary, Catalogue, catalogue
from workshop.binaries.errors import BinariesMissing
from workshop.binaries.installed import Found, Refused, in_assets, on_path
from workshop.binaries.reporter import Reporter


def find(name: str, *, env: Mapping[str, str] = os.environ, known: Catalogue | None = None) -> Found | None:
    """Where a binary is, its version and which source has it; None if it would have to be fetched. Changes nothing."""
    known = known or catalogue()
    return _look(known.binaries[name], Cache(cache_root(env), known.platform), env, None)


def ensure(
    names: Sequence[str],
    report: Reporter,
    *,
    optional: Sequence[str] = (),
    env: Mapping[str, str] = os.environ,
    known: Catalogue | None = None,
) -> dict[str, Path]:
    """Make binaries be there and say where; what is missing is fetched or built, which `report` shows.

    An optional one that no source provides is left out of the answer. Raises BinariesMissing for the others.
    """
    known = known or catalogue()
    cache = Cache(cache_root(env), known.platform)
    binaries = [known.binaries[name] for name in dict.fromkeys([*names, *optional])]
    found = {binary.name: _look(binary, cache, env, report) for binary in binaries}
    paths = {name: place.path for name, place in found.items() if place}
    missing = [binary for binary in binaries if binary.name not in paths]
    if missing:
        from workshop.binaries.sources import Sources  # slow to import, and hardly ever needed

        try:
            failures = Sources(known, cache, env).fill_cache(missing, report)
        except OSError as error:
            raise BinariesMissing(
                f"The cache folder {cache.root} can't be used: {error}.\n{advice.other_cache(cache)}"
            ) from error
        paths |= {binary.name: cache.path(binary) for binary in missing if cache.has(binary)}
        if absent := [binary.name for binary in missing if binary.name not in paths]:
            tried = "".join(f"\n  - {failure}" for failure in failures)
            told = f"No source provides {', '.join(absent)}. What was tried:{tried}\n"
            if not set(absent).isdisjoint(names):
                raise BinariesMissing(told + advice.without_source(cache))
            report.say(f"{told}Going on without.")
    return paths


def _look(binary: Binary, cache: Cache, env: Mapping[str, str], report: Reporter | None) -> Found | None:
    given = in_assets(binary, env)
    if isinstance(given, Found):
        return given
    if isinstance(given, Refused) and report:
        report.say(given.why)
    if found := on_path(binary, env):
        return found
    return Found(binary.name, cache.path(binary), binary.version, "cache") if cache.has(binary) else None
