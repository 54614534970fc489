"""The provider `local`: a control plane in the background, on this machine, kept in one folder.

Each function may be called at any time, by several processes at once and after any crash: what runs is known by the
supervisor's lock, and `up` begins by ending what a dead supervisor left.
"""

import contextlib
import datetime
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import psutil
from filelock import FileLock

from workshop.controlplane import state_file
from workshop.controlplane.bootstrap import init_control_plane
from workshop.controlplane.errors import ControlPlaneError
from workshop.controlplane.layout import Layout
from workshop.controlplane.state_file import ControlPlaneState, Failure, ProcessId
from workshop.system import flock, processes
from workshop.system.ports import reserved_port

_STOP_LIMIT = 40.0  # seconds: three components of ten seconds' grace, and some


def up(layout: Layout, binaries: Mapping[str, Path]) -> ControlPlaneState:
    """Have a control plane running in `layout` and ready; what is there already is left alone.

    Raises:
        ControlPlaneError: it didn't start; the message holds the end of the guilty component's log.
    """
    layout.create()
    with FileLock(layout.start_stop_lock):
        if not is_running(layout):
            _end_orphans(layout)
            _start_supervisor(layout, binaries)
    state = state_file.read(layout.state_file)
    if state is None or state.state != "ready":
        raise ControlPlaneError(f"The control plane didn't start. {failure(layout) or ''}")
    return state


def down(layout: Layout) -> bool:
    """End the control plane and return when it is gone; False if there was none. The data stays."""
    if not layout.controlplane.exists():
        return False
    with FileLock(layout.start_stop_lock):
        state = state_file.read(layout.state_file)
        if running := (state is not None and is_running(layout)):
            supervisor = psutil.Process(state.supervisor.pid)
            supervisor.terminate()
            supervisor.wait(_STOP_LIMIT)
        _end_orphans(layout)
        return running


def reset(layout: Layout) -> bool:
    """End the control plane and forget its data and keys; whether it was running."""
    running = down(layout)
    for folder in (layout.controlplane, layout.kubectl_cache):
        shutil.rmtree(folder, ignore_errors=True)
    layout.remove_kubeconfigs()
    return running


def is_running(layout: Layout) -> bool:
    """Whether a supervisor holds its lock."""
    return flock.is_held(layout.supervisor_lock)


def failure(layout: Layout) -> Failure | None:
    """Why the control plane ended by itself, if it did and nobody has started it since."""
    state = state_file.read(layout.state_file)
    if state is None or is_running(layout):
        return None
    if state.state in ("starting", "ready"):
        when = datetime.datetime.fromtimestamp(layout.state_file.stat().st_mtime, datetime.UTC)
        return Failure(
            "the supervisor",
            "no word (killed, or the machine went down)",
            f"some time after {when.isoformat(timespec='seconds')}",
            processes.tail(layout.log("supervisor")),
        )
    return state.failure


def _start_supervisor(layout: Layout, binaries: Mapping[str, Path]) -> None:
    """Start it, and return when the control plane is ready or has failed."""
    previous = state_file.read(layout.state_file)
    with reserved_port(previous.port if previous else 0, server_shares=True) as port:
        now = datetime.datetime.now(datetime.UTC)
        spec = init_control_plane(layout, binaries, port, durable=True, now=now)
        layout.spec_file.write_text(spec.to_json())
        ready, ready_fd = os.pipe()
        with layout.log("supervisor").open("wb") as log:
            supervisor = subprocess.Popen(
                [sys.executable, "-m", "workshop.controlplane.supervisor", str(layout.root), str(ready_fd)],
                cwd=layout.controlplane,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                pass_fds=[ready_fd],
            )
        os.close(ready_fd)
        try:
            with os.fdopen(ready) as pipe:
                pipe.read()  # ends when the supervisor closes its end, or ends
        except BaseException:
            supervisor.terminate()
            supervisor.wait()
            raise


def _end_orphans(layout: Layout) -> None:
    """End components whose supervisor is gone. Linux has done that already; elsewhere nobody has."""
    state = state_file.read(layout.state_file)
    for component in state.components.values() if state else ():
        with contextlib.suppress(psutil.NoSuchProcess):
            process = psutil.Process(component.pid)
            if ProcessId.of(process) == component:
                process.kill()
                process.wait()
