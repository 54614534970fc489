"""The pytest plugin: fixtures that tests of lessons and of the house share. Loaded by `addopts` in pyproject.toml."""

from collections.abc import Iterator

import pytest

from reconciling import httpproxy
from workshop.testing.control_plane import ControlPlane, running_control_plane


def pytest_configure() -> None:
    """Have tests, and what they start, reach this machine whatever proxy the environment has."""
    httpproxy.exempt_loopback()


@pytest.fixture(scope="session")
def control_plane() -> Iterator[ControlPlane]:
    """One control plane for all tests that leave it as they found it."""
    with running_control_plane() as started:
        yield started


@pytest.fixture
def fresh_control_plane() -> Iterator[ControlPlane]:
    """A control plane for this test alone, which may break it."""
    with running_control_plane() as started:
        yield started
