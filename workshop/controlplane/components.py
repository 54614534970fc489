"""Start the components of a control plane in the right order, notice when one ends, end them all.

The calling process is their parent and the one that watches over them: the supervisor for `workshop up`, the test run
or the notebook for a temporary control plane.
"""

import contextlib
import datetime
import http.client
import os
import ssl
import subprocess
from collections.abc import Callable
from pathlib import Path

from workshop.controlplane.component_flags import ETCD_SOCKET, ComponentSpec, ControlPlaneSpec
from workshop.controlplane.state_file import Failure
from workshop.system import processes
from workshop.system.polling import eventually

_START_LIMIT = 60.0  # seconds; a loaded laptop with ten control planes starting needs about 30
_STOP_GRACE = 10.0  # seconds
_EXIT_LIMIT = 0.5  # seconds; a process that is killed lets go of its connections a moment before it has ended
_DIRECT = {"NO_PROXY": "*", "no_proxy": "*"}  # all is on this machine; Go would ask a webhook's Service by the proxy
_PROBE_INTERVAL = 0.02  # seconds; neither etcd nor the API server tells anybody that it is ready


class ComponentFailedError(Exception):
    """A component ended, or didn't become ready in time."""

    def __init__(self, failure: Failure) -> None:
        super().__init__(str(failure))
        self.failure = failure


class Components:
    """The running components of one control plane."""

    def __init__(self, spec: ControlPlaneSpec) -> None:
        self.spec = spec
        self.running: dict[str, subprocess.Popen[bytes]] = {}

    def start(self) -> None:
        """Start all, each when what it needs is ready; return when the API server is ready.

        kube-controller-manager is started last and not waited for: nothing needs it to answer requests.

        Raises:
            ComponentFailedError: one of them ended, or wasn't ready within a minute. The others still run.
        """
        for component in self.spec.components:
            self.start_one(component)

    def start_one(self, component: ComponentSpec) -> None:
        """Start one of them, and return when it is ready.

        Raises:
            ComponentFailedError: as of `start`.
        """
        name, log = component.name, Path(component.log)
        if log.exists():
            log.replace(log.with_suffix(".log.1"))
        if name == "etcd":  # one that was killed leaves its socket, and we wait for the socket to appear
            self._etcd_socket.unlink(missing_ok=True)
        self.running[name] = processes.start(
            component.argv, log=log, cwd=Path(self.spec.working_directory), env={**os.environ, **_DIRECT}
        )
        ready = {"etcd": self._etcd_listens, "kube-apiserver": self._apiserver_is_ready}.get(name)
        if ready:
            self._wait(component, ready)

    def failure(self) -> Failure | None:
        """The component that has ended, if one has; of several, the one that the others need.

        kube-controller-manager may end because the API server has gone, and be the first of the two that is over.
        """
        started = [component for component in self.spec.components if component.name in self.running]
        ended = [component for component in started if self.running[component.name].poll() is not None]
        if not ended:
            return None
        for needed in started[: started.index(ended[0])]:
            with contextlib.suppress(subprocess.TimeoutExpired):
                return _failure(needed, processes.ended(self.running[needed.name].wait(_EXIT_LIMIT)))
        return _failure(ended[0], processes.ended(self.running[ended[0].name].returncode))

    def stop(self) -> None:
        """End all of them, in the opposite order of their start, so that none writes errors about another."""
        processes.stop(reversed(self.running.values()), grace=_STOP_GRACE)
        self.running.clear()

    def kill(self) -> None:
        """End all of them at once, for data that nobody wants to keep."""
        for process in self.running.values():
            process.kill()
            process.wait()
        self.running.clear()

    def _wait(self, component: ComponentSpec, ready: Callable[[], bool]) -> None:
        def look() -> None:
            if not ready():
                if failure := self.failure():
                    raise ComponentFailedError(failure)
                raise TimeoutError(f"no answer within {_START_LIMIT:.0f} s")

        try:
            eventually(look, within=_START_LIMIT, every=_PROBE_INTERVAL, retry_on=TimeoutError)
        except TimeoutError as error:
            raise ComponentFailedError(_failure(component, str(error))) from None

    @property
    def _etcd_socket(self) -> Path:
        return Path(self.spec.working_directory) / ETCD_SOCKET

    def _etcd_listens(self) -> bool:
        return self._etcd_socket.is_socket()

    def _apiserver_is_ready(self) -> bool:
        return apiserver_is_ready(self.spec.port, Path(self.spec.ca))


def apiserver_is_ready(port: int, ca: Path) -> bool:
    """Whether the API server on `port` of 127.0.0.1, verified by `ca`, answers /readyz with 200."""
    connection = http.client.HTTPSConnection(
        "127.0.0.1", port, timeout=5, context=ssl.create_default_context(cafile=str(ca))
    )
    try:
        connection.request("GET", "/readyz")
        return connection.getresponse().status == http.HTTPStatus.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def _failure(component: ComponentSpec, how: str) -> Failure:
    now = datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")
    return Failure(component.name, how, now, processes.tail(Path(component.log)))
