"""The provider `local`: a control plane in the background, on this machine, kept in one folder.

Each function may be called at any time, by several processes at once and after any crash: what runs is known by the
supervisor's lock, and `up` begins by clearing away what a dead supervisor left.
"""

import contextlib
import datetime
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path

import psutil
from filelock import FileLock

from workshop.controlplane import state_file
from workshop.controlplane.bootstrap import prepare
from workshop.controlplane.components import is_ready
from workshop.controlplane.errors import ControlPlaneError
from workshop.controlplane.layout import Layout
from workshop.controlplane.state_file import ControlPlaneState, ProcessId
from workshop.system import flock, processes
from workshop.system.ports import reserved_port
from workshop.workspace.cluster import KUBECTL_CACHE

_STOP_LIMIT = 40.0  # seconds: three components of ten seconds' grace, and some


def up(layout: Layout, binaries: Mapping[str, Path]) -> ControlPlaneState:
    """Have a control plane running in `layout` and ready; what is there already is left alone.

    Raises:
        ControlPlaneError: it didn't start; the message holds the end of the guilty component's log.
    """
    layout.create()
    with FileLock(layout.home / "up.lock"):
        if not is_running(layout):
            _clear_away(layout)
            _start(layout, binaries)
    told = state_file.read(layout.run_file)
    if told is None or told.state != "ready":
        raise ControlPlaneError(f"The control plane didn't start. {failure(layout) or ''}")
    return told


def down(layout: Layout) -> bool:
    """End the control plane and return when it is gone; False if there was none. The data stays."""
    if not layout.home.exists():
        return False
    with FileLock(layout.home / "up.lock"):
        told = state_file.read(layout.run_file)
        if running := (told is not None and is_running(layout)):
            supervisor = psutil.Process(told.supervisor.pid)
            supervisor.terminate()
            supervisor.wait(_STOP_LIMIT)
        _clear_away(layout)
        return running


def reset(layout: Layout) -> bool:
    """End the control plane and forget its data and keys; whether it was running."""
    running = down(layout)
    for folder in (layout.home, layout.root / KUBECTL_CACHE):
        shutil.rmtree(folder, ignore_errors=True)
    for config in layout.root.glob("*kubeconfig"):
        config.unlink()
    return running


def is_running(layout: Layout) -> bool:
    """Whether a supervisor holds its lock."""
    return flock.is_held(layout.supervisor_lock)


def is_healthy(layout: Layout) -> bool:
    """Whether the API server answers that it is ready."""
    told = state_file.read(layout.run_file)
    return bool(told and is_running(layout) and is_ready(told.port, layout.pki / "ca.crt"))


def failure(layout: Layout) -> state_file.Failure | None:
    """Why the control plane ended by itself, if it did and nobody has started it since."""
    told = state_file.read(layout.run_file)
    if told is None or is_running(layout):
        return None
    if told.state in ("starting", "ready"):
        when = datetime.datetime.fromtimestamp(layout.run_file.stat().st_mtime, datetime.UTC)
        return state_file.Failure(
            "the supervisor",
            "no word (killed, or the machine went down)",
            f"some time after {when.isoformat(timespec='seconds')}",
            processes.tail(layout.log("supervisor")),
        )
    return told.failure


def _start(layout: Layout, binaries: Mapping[str, Path]) -> None:
    before = state_file.read(layout.run_file)
    with reserved_port(before.port if before else 0, server_shares=True) as port:
        now = datetime.datetime.now(datetime.UTC)
        plan = prepare(layout, binaries, port, durable=True, now=now)
        layout.plan_file.write_text(json.dumps(asdict(plan)))
        settled, settled_fd = os.pipe()
        with layout.log("supervisor").open("wb") as log:
            supervisor = subprocess.Popen(
                [sys.executable, "-m", "workshop.controlplane.supervisor", str(layout.root), str(settled_fd)],
                cwd=layout.home,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                pass_fds=[settled_fd],
            )
        os.close(settled_fd)
        try:
            with os.fdopen(settled) as pipe:
                pipe.read()  # ends when the supervisor closes its end: ready, or over
        except BaseException:
            supervisor.terminate()
            supervisor.wait()
            raise


def _clear_away(layout: Layout) -> None:
    """End components whose supervisor is gone. Linux has done that already; elsewhere nobody has."""
    told = state_file.read(layout.run_file)
    for left in told.components.values() if told else ():
        with contextlib.suppress(psutil.NoSuchProcess):
            process = psutil.Process(left.pid)
            if ProcessId(process.pid, process.create_time()) == left:
                process.kill()
                process.wait()
