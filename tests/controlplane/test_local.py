"""What a supervisor left that is gone: on Linux the kernel has ended it, elsewhere the next command does."""

import subprocess
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import psutil
import pytest

from workshop.controlplane import state_file
from workshop.controlplane.layout import Layout
from workshop.controlplane.providers import local
from workshop.controlplane.state_file import ControlPlaneState, ProcessId

_GONE = ProcessId(pid=2**22 + 1, created=0.0)  # no process has this number: it is above the kernel's limit


@pytest.fixture
def orphan() -> Iterator[psutil.Process]:
    with subprocess.Popen(["sleep", "600"]) as process:
        yield psutil.Process(process.pid)
        process.kill()


def _layout_with(folder: Path, component: ProcessId) -> Layout:
    layout = Layout(folder)
    layout.create()
    state = ControlPlaneState("ready", port=1, supervisor=_GONE, components={"etcd": component})
    state_file.write(layout.state_file, state)
    return layout


def test_a_component_whose_supervisor_is_gone_is_ended(tmp_path: Path, orphan: psutil.Process) -> None:
    local.down(_layout_with(tmp_path, ProcessId.of(orphan)))
    assert not orphan.is_running()


def test_a_later_process_with_the_number_of_a_component_is_left_alone(tmp_path: Path, orphan: psutil.Process) -> None:
    earlier = replace(ProcessId.of(orphan), created=orphan.create_time() - 1)
    local.down(_layout_with(tmp_path, earlier))
    assert orphan.is_running()


def test_a_component_that_is_gone_too_is_no_harm(tmp_path: Path) -> None:
    assert local.down(_layout_with(tmp_path, _GONE)) is False
