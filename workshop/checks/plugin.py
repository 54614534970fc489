"""The pytest plugin: fixtures that tests of lessons and of the house share. Loaded by `addopts` in pyproject.toml."""

from collections.abc import Iterator

import pytest

from workshop.checks import control_plane as control_planes
from workshop.checks.control_plane import ControlPlane


@pytest.fixture(scope="session")
def control_plane() -> Iterator[ControlPlane]:
    """One control plane for all tests that leave it as they found it."""
    with control_planes.control_plane() as started:
        yield started


@pytest.fixture
def fresh_control_plane() -> Iterator[ControlPlane]:
    """A control plane for this test alone, which may break it."""
    with control_planes.control_plane() as started:
        yield started
