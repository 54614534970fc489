"""Certificates, and the event loop that the operator has."""

import asyncio
from collections.abc import Callable, Mapping

import pytest
import uvloop

from tests.webhook.pairs import Ca


def pytest_asyncio_loop_factories() -> Mapping[str, Callable[[], asyncio.AbstractEventLoop]]:
    """uvloop has TLS of its own."""
    return {"uvloop": uvloop.new_event_loop}


@pytest.fixture(scope="module")
def ca() -> Ca:
    return Ca()
