"""Builds the binaries by Go, through the module proxy that Go is set up for; go.mod and go.sum pin every source."""

import re
from collections.abc import Mapping, Sequence
from pathlib import Path

from workshop.binaries.catalogue import Platform
from workshop.binaries.external_commands import output, run_long
from workshop.binaries.go_toolchain import GoToolchain
from workshop.binaries.reporter import Reporter

TIME_LIMIT = 15.0  # seconds, to ask the module proxy
VERSION_PACKAGES = ("k8s.io/component-base/version", "k8s.io/client-go/pkg/version")


def build(
    module: Path,
    packages: Mapping[str, str],
    ldflags: str,
    go: GoToolchain,
    environment: Mapping[str, str],
    scratch: Path,
    report: Reporter,
) -> dict[str, Path]:
    """Build main packages of the module in the folder `module`, all at once; `packages` and the answer are by name.

    Raises:
        SourceFailed: Go failed; with the last lines of its output.
    """
    out = scratch / "built"
    what = f"Building {', '.join(packages)} with Go {go.version}; the first time this takes minutes"
    command = build_command(go, module, list(packages.values()), ldflags, out)
    run_long(command, what, scratch / "go.log", report, environment)
    return {name: out / program_name(package) for name, package in packages.items()}


def build_command(go: GoToolchain, module: Path, packages: Sequence[str], ldflags: str, out: Path) -> list[str]:
    """The `go build` that writes the packages' programs to the folder `out`."""
    return [str(go.program), "-C", str(module), "build", "-trimpath", "-ldflags", ldflags, "-o", f"{out}/", *packages]


def reachable(module: Path, packages: Sequence[str], go: GoToolchain, env: Mapping[str, str]) -> bool:
    """Whether Go can reach the modules that packages are in, without downloading them."""
    text = (module / "go.mod").read_text()
    modules = sorted({requirement(text, package) for package in packages})
    query: list[str | Path] = [go.program, "-C", module, "list", "-m", *modules]
    return output(query, env={**env, "GOWORK": "off"}, time_limit=TIME_LIMIT) is not None


def requirement(go_mod: str, package: str) -> str:
    """The module that a package is in and its version, as module@version, by the text of a go.mod."""
    required = re.findall(r"^\s+(\S+) (v\S+)$", go_mod, re.MULTILINE)
    return next(f"{path}@{version}" for path, version in required if f"{package}/".startswith(f"{path}/"))


def environment(
    env: Mapping[str, str], go: GoToolchain, target: Platform, cache: Path, scratch: Path
) -> dict[str, str]:
    """The user's environment, less what would change the result.

    Go's caches are the user's where Go is theirs, else below our own folder `cache`.
    """
    fixed = {
        "CGO_ENABLED": "0",
        "GOFLAGS": "-mod=readonly",
        "GOOS": target.os,
        "GOARCH": target.arch,
        "GOTOOLCHAIN": "local",
        "GOWORK": "off",
        "GOTMPDIR": str(scratch),
    }
    if go.managed:
        caches = managed_caches(cache)
        fixed |= {
            "GOFLAGS": "-mod=readonly -modcacherw",
            "GOPATH": str(caches),
            "GOMODCACHE": str(caches / "mod"),
            "GOCACHE": str(caches / "build"),
        }
    return {name: value for name, value in env.items() if name != "GOROOT"} | fixed


def managed_caches(cache: Path) -> Path:
    """Where a managed Go keeps sources and compiled packages: some 3 GB that only another build needs."""
    return cache / "go"


def ldflags(kubernetes: str) -> str:
    """What makes Kubernetes' programs tell their release, and name it as their user agent, as official builds do."""
    major, minor, _ = kubernetes.split(".")
    stamps = {"gitVersion": f"v{kubernetes}", "gitMajor": major, "gitMinor": minor}
    return " ".join(["-s -w", *(f"-X {package}.{k}={v}" for package in VERSION_PACKAGES for k, v in stamps.items())])


def program_name(package: str) -> str:
    """The name that `go build` gives the program of a package: its last element that isn't a major version."""
    return next(part for part in reversed(package.split("/")) if not re.fullmatch(r"v\d+", part))
