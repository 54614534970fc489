"""Finds binaries, or makes them be there. Order: KUBEBUILDER_ASSETS, PATH, the cache, then what `sources` can fetch.

With all binaries in place no network is touched.
"""

import os
from collections.abc import Mapping, Sequence
from pathlib import Path

from workshop.binaries import advice
from workshop.binaries.binary_cache import Cache, cache_root
from workshop.binaries.catalogue import Binary, Catalogue, host_catalogue
from workshop.binaries.errors import BinariesMissing
from workshop.binaries.installed import InstalledBinary, in_kubebuilder_assets, on_path
from workshop.binaries.reporter import Reporter


def find(
    name: str, *, env: Mapping[str, str] = os.environ, catalogue: Catalogue | None = None
) -> InstalledBinary | None:
    """Where a binary is, its version and which source has it; None if it would have to be fetched. Changes nothing."""
    catalogue = catalogue or host_catalogue()
    return _find(catalogue.binaries[name], Cache(cache_root(env), catalogue.platform), env, None)


def ensure(
    names: Sequence[str],
    report: Reporter,
    *,
    optional: Sequence[str] = (),
    env: Mapping[str, str] = os.environ,
    catalogue: Catalogue | None = None,
) -> dict[str, Path]:
    """Make binaries be there and say where; what is missing is fetched or built, which `report` shows.

    An optional one that no source provides is left out of the answer.

    Raises:
        BinariesMissing: no source provides one of `names`, or the cache can't be used.
    """
    catalogue = catalogue or host_catalogue()
    cache = Cache(cache_root(env), catalogue.platform)
    binaries = [catalogue.binaries[name] for name in dict.fromkeys([*names, *optional])]
    installed = [_find(binary, cache, env, report) for binary in binaries]
    paths = {place.name: place.path for place in installed if place}
    if missing := [binary for binary in binaries if binary.name not in paths]:
        failures = _fill_cache(missing, catalogue, cache, env, report)
        paths |= {binary.name: cache.path(binary) for binary in missing if cache.has(binary)}
        if absent := [binary.name for binary in missing if binary.name not in paths]:
            attempts = "".join(f"\n  - {failure}" for failure in failures)
            problem = f"No source provides {', '.join(absent)}. What was tried:{attempts}\n"
            if not set(absent).isdisjoint(names):
                raise BinariesMissing(problem + advice.without_source(cache))
            report.say(f"{problem}Going on without.")
    return paths


def _fill_cache(
    binaries: Sequence[Binary], catalogue: Catalogue, cache: Cache, env: Mapping[str, str], report: Reporter
) -> list[str]:
    from workshop.binaries.sources import Sources  # slow to import, and hardly ever needed

    try:
        return Sources(catalogue, cache, env).fill_cache(binaries, report)
    except OSError as error:
        raise BinariesMissing(
            f"The cache folder {cache.root} can't be used: {error}.\n{advice.other_cache(cache)}"
        ) from error


def _find(binary: Binary, cache: Cache, env: Mapping[str, str], report: Reporter | None) -> InstalledBinary | None:
    in_assets = in_kubebuilder_assets(binary, env)
    if isinstance(in_assets, InstalledBinary):
        return in_assets
    if in_assets and report:
        report.say(in_assets.reason)
    cached = InstalledBinary(binary.name, cache.path(binary), binary.version, "cache") if cache.has(binary) else None
    return on_path(binary, env) or cached
