"""The background process of `workshop up`: starts the components, watches over them, ends with them.

It lives as long as the control plane and holds a lock for as long, which is how others know. When one component
ends, it ends the rest: half a control plane answers some requests and not others, which teaches nothing, and one that
restarts by itself hides what a student should see. The data is on disk, and `workshop up` starts all of it again.
It imports little, to stay small in memory.
"""

import os
import signal
import sys
from contextlib import ExitStack
from pathlib import Path
from types import FrameType

import psutil

from workshop.controlplane import state_file
from workshop.controlplane.component_flags import ControlPlaneSpec
from workshop.controlplane.components import ComponentFailedError, Components
from workshop.controlplane.layout import Layout
from workshop.controlplane.state_file import ControlPlaneState, Failure, ProcessId, State
from workshop.system import flock


class _StopRequestedError(Exception):
    """SIGTERM or SIGINT came."""


def main(root: Path, ready_fd: int) -> None:
    """Run the control plane in `root` until a signal comes or a component ends.

    `ready_fd` is closed when it is ready, or when it has failed and this process ends.
    """
    layout = Layout(root)
    components = Components(ControlPlaneSpec.from_json(layout.spec_file.read_text()))
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, _request_stop)
    with flock.hold(layout.supervisor_lock), ExitStack() as at_exit:
        at_exit.callback(components.stop)
        at_exit.callback(_ignore_signals)
        _write_state(layout, components, "starting")
        try:
            components.start()
            _write_state(layout, components, "ready")
            os.close(ready_fd)
            _fail(layout, components, _wait_for_failure(components))
        except ComponentFailedError as error:
            _fail(layout, components, error.failure)
        except _StopRequestedError:
            _write_state(layout, components, "stopped")


def _wait_for_failure(components: Components) -> Failure:
    """Sleep until a component has ended.

    Raises:
        _StopRequestedError: a signal to stop came first.
    """
    awaited = {signal.SIGCHLD, signal.SIGTERM, signal.SIGINT}
    signal.signal(signal.SIGCHLD, lambda *_: None)  # what is ignored may not be waited for
    signal.pthread_sigmask(signal.SIG_BLOCK, awaited)
    while not (failure := components.failure()):
        if signal.sigwait(awaited) != signal.SIGCHLD:
            raise _StopRequestedError
    return failure


def _fail(layout: Layout, components: Components, failure: Failure) -> None:
    """End the rest at once: an API server without its etcd takes its time to go, and etcd's data survives a kill."""
    _ignore_signals()
    components.kill()
    _write_state(layout, components, "failed", failure)


def _request_stop(_number: int, _frame: FrameType | None) -> None:
    raise _StopRequestedError


def _ignore_signals() -> None:
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, signal.SIG_IGN)


def _write_state(layout: Layout, components: Components, state: State, failure: Failure | None = None) -> None:
    running = {name: _identify(process.pid) for name, process in components.running.items() if process.poll() is None}
    written = ControlPlaneState(state, components.spec.port, _identify(os.getpid()), running, failure)
    state_file.write(layout.state_file, written)


def _identify(pid: int) -> ProcessId:
    return ProcessId.of(psutil.Process(pid))


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
