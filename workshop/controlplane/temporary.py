"""A control plane for the length of a `with`: for tests, notebooks and the demo. The calling process watches over it.

Nothing of it is left afterwards. Where the caller was killed, Linux ends the components, and the next temporary control
plane removes the folder.
"""

import contextlib
import datetime
from collections.abc import Iterator, Mapping
from pathlib import Path

from workshop.controlplane.bootstrap import init_control_plane
from workshop.controlplane.components import Components
from workshop.controlplane.layout import Layout
from workshop.system.ports import reserved_port
from workshop.system.tempdir import temporary_directory


@contextlib.contextmanager
def temporary_control_plane(binaries: Mapping[str, Path]) -> Iterator[tuple[Layout, Components]]:
    """A fresh, empty control plane, ready. Its components can be ended and started one by one, to see what happens.

    Raises:
        ComponentFailedError: it didn't start.
    """
    with temporary_directory() as root, reserved_port(server_shares=True) as port:
        layout = Layout(root / "state")
        now = datetime.datetime.now(datetime.UTC)
        components = Components(init_control_plane(layout, binaries, port, durable=False, now=now))
        try:
            components.start()
            yield layout, components
        finally:
            components.kill()
