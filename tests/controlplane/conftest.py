"""A workspace of a test's own, used by the command line as a student would."""

import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psutil
import pytest

from workshop.controlplane import state_file
from workshop.controlplane.layout import Layout
from workshop.workspace import home
from workshop.workspace.cluster import Cluster


@dataclass(frozen=True)
class Workspace:
    """A workspace in a folder of its own."""

    layout: Layout

    @property
    def environment(self) -> dict[str, str]:
        return {**os.environ, "WORKSHOP_HOME": str(self.layout.root)}

    def workshop(self, *arguments: str, stdin: str = "", **variables: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [*COMMAND, *arguments],
            input=stdin,
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
            env={**self.environment, **variables},
        )

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [*COMMAND, *arguments],
            env=self.environment,
            text=True,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )

    def up(self) -> Cluster:
        done = self.workshop("up")
        assert done.returncode == 0, done.stderr
        return Cluster(self.layout.root, self.layout.kubeconfig, home.programs()["kubectl"])

    def down(self) -> None:
        """Leave no process, whatever a test did."""
        self.workshop("down")
        assert self.processes() == []

    def state(self) -> state_file.ControlPlaneState:
        state = state_file.read(self.layout.state_file)
        assert state
        return state

    def processes(self) -> list[psutil.Process]:
        """The processes that work in this workspace's folder."""
        return [process for process in psutil.process_iter() if _works_in(process, self.layout.root)]


COMMAND = [sys.executable, "-m", "workshop"]


def _works_in(process: psutil.Process, folder: Path) -> bool:
    try:
        return process.status() != psutil.STATUS_ZOMBIE and Path(process.cwd()).is_relative_to(folder)
    except (psutil.NoSuchProcess, psutil.AccessDenied):
        return False


@pytest.fixture
def workspace(tmp_path: Path) -> Iterator[Workspace]:
    """A workspace in which nothing has been started yet."""
    workspace = Workspace(Layout(tmp_path / "home"))
    yield workspace
    workspace.down()
