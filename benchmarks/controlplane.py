"""How long `workshop up` takes, against bare etcd and kube-apiserver started by hand, in turn, in one run.

Also: the memory of a whole control plane and of its supervisor, and ten control planes side by side.
Usage: python -m benchmarks.controlplane [--rounds N] [--side-by-side N]
"""

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import TypeVar

import psutil
from rich.console import Console
from rich.table import Table

from workshop.controlplane import state_file
from workshop.controlplane.components import apiserver_is_ready
from workshop.controlplane.layout import Layout
from workshop.system import processes
from workshop.system.ports import reserved_port
from workshop.workspace import home

T = TypeVar("T")

_BARE_APISERVER = (
    "--bind-address=127.0.0.1",
    "--authorization-mode=RBAC",
    "--service-account-issuer=https://kubernetes.default.svc",
    "--service-cluster-ip-range=10.0.0.0/24",
)


def main() -> None:
    """Run and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=10)
    parser.add_argument("--side-by-side", type=int, default=10)
    arguments = parser.parse_args()
    programs = home.programs()
    console = Console()
    bare, ours = [], []
    memory: dict[str, float] = {}
    for _ in range(arguments.rounds):
        bare.append(_in_a_folder(lambda folder: _bare(folder, programs)))
        ours.append(_in_a_folder(lambda folder: _workshop_up(folder, memory)))
    console.print(_times(bare, ours))
    console.print(_memory(memory))
    console.print(_in_a_folder(lambda folder: _side_by_side(folder, arguments.side_by_side)))


def _in_a_folder(work: Callable[[Path], T]) -> T:
    with tempfile.TemporaryDirectory() as folder:
        return work(Path(folder))


def _bare(folder: Path, programs: Mapping[str, Path]) -> float:
    """Seconds from the start of etcd until kube-apiserver's /readyz says ok; both with as few flags as will do."""
    key = folder / "sa.key"
    subprocess.run(["openssl", "ecparam", "-name", "prime256v1", "-genkey", "-noout", "-out", key], check=True)
    with reserved_port() as client, reserved_port() as peer, reserved_port() as port:
        pass
    etcd = f"http://127.0.0.1:{client}"
    began = time.monotonic()
    started = [
        processes.start(
            [
                programs["etcd"],
                f"--data-dir={folder / 'etcd'}",
                f"--listen-client-urls={etcd}",
                f"--advertise-client-urls={etcd}",
                f"--listen-peer-urls=http://127.0.0.1:{peer}",
            ],
            log=folder / "etcd.log",
        )
    ]
    try:
        started.append(
            processes.start(
                [
                    programs["kube-apiserver"],
                    *_BARE_APISERVER,
                    f"--etcd-servers={etcd}",
                    f"--secure-port={port}",
                    f"--cert-dir={folder / 'certs'}",
                    f"--service-account-key-file={key}",
                    f"--service-account-signing-key-file={key}",
                ],
                log=folder / "kube-apiserver.log",
            )
        )
        certificate = folder / "certs" / "apiserver.crt"
        while not (certificate.exists() and apiserver_is_ready(port, certificate)):
            time.sleep(0.02)
        return time.monotonic() - began
    finally:
        for process in started:
            process.kill()
            process.wait()


def _workshop(folder: Path, *arguments: str) -> subprocess.Popen[bytes]:
    environment = {**os.environ, "WORKSHOP_HOME": str(folder)}
    return subprocess.Popen([sys.executable, "-m", "workshop", *arguments], env=environment, stdout=subprocess.DEVNULL)


def _workshop_up(folder: Path, memory: dict[str, float]) -> float:
    began = time.monotonic()
    _workshop(folder, "up").wait()
    took = time.monotonic() - began
    time.sleep(3)  # until kube-controller-manager has its caches: this measures memory, not time
    state = state_file.read(Layout(folder).state_file)
    assert state
    for name, process in {"supervisor": state.supervisor, **state.components}.items():
        memory[name] = max(memory.get(name, 0), psutil.Process(process.pid).memory_info().rss / 1e6)
    _workshop(folder, "down").wait()
    return took


def _down(folder: Path) -> None:
    _workshop(folder, "down").wait()


def _side_by_side(folder: Path, count: int) -> str:
    with ExitStack() as at_exit:
        began = time.monotonic()
        ups = [_workshop(folder / str(number), "up") for number in range(count)]
        for number in range(count):
            at_exit.callback(_down, folder / str(number))
        codes = [up.wait() for up in ups]
        took = time.monotonic() - began
        ready = codes.count(0)
    return f"{count} side by side: {ready} ready, the last after {took:.1f} s"


def _times(bare: list[float], ours: list[float]) -> Table:
    table = Table(title="until /readyz says ok, seconds", title_justify="left")
    for column in ("", "min", "median", "max"):
        table.add_column(column)
    for name, seconds in (("bare etcd + kube-apiserver", bare), ("workshop up", ours)):
        table.add_row(name, *(f"{value:.2f}" for value in (min(seconds), statistics.median(seconds), max(seconds))))
    ratios = [mine / theirs for mine, theirs in zip(ours, bare, strict=True)]
    table.add_row("ratio, pair by pair", f"{min(ratios):.2f}", f"{statistics.median(ratios):.2f}", f"{max(ratios):.2f}")
    return table


def _memory(memory: Mapping[str, float]) -> Table:
    table = Table(title="resident memory, MB (largest of all rounds)", title_justify="left")
    table.add_column("")
    table.add_column("MB")
    for name, megabytes in memory.items():
        table.add_row(name, f"{megabytes:.0f}")
    table.add_row("all", f"{sum(memory.values()):.0f}")
    return table


if __name__ == "__main__":
    main()
