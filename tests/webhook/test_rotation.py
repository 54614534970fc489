"""The certificate is replaced while 64 clients write: none of them notices.

ROTATIONS in the environment says how often: 100 take two to four minutes.
"""

import asyncio
import itertools
import os
import re
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.webhook import pairs
from tests.webhook.asking_api_server import AskingApiServer
from tests.webhook.counting_handshakes import HANDSHAKE, LOOK
from tests.webhook.customers import writing
from tests.webhook.pairs import Ca, IssuedPair, Way
from workshop.system.polling import eventually
from workshop.testing.operator_process import OperatorProcess

pytestmark = pytest.mark.slow

ROTATIONS = int(os.environ.get("ROTATIONS", "12"))


def handshakes(operator: OperatorProcess) -> Counter[int]:
    """How many clients have begun a handshake with each certificate, by its serial number."""
    return Counter(int(serial, 16) for serial in re.findall(f"{HANDSHAKE} ([0-9a-f]+)", operator.output()))


class Rotation:
    """Replaces the pair, slowly enough for the operator to see half of it, and waits until the API server sees it."""

    def __init__(self, operator: OperatorProcess, folder: Path) -> None:
        self._operator = operator
        self._folder = folder
        self._looks = 0

    def rotate(self, issued: IssuedPair, way: Way) -> None:
        way(self._folder, issued.pair, self._pause)
        eventually(lambda: self._seen(issued))

    def _pause(self) -> None:
        self._looks = self._operator.output().count(LOOK)
        eventually(self._looked)

    def _looked(self) -> None:
        assert self._operator.output().count(LOOK) >= self._looks + 2

    def _seen(self, issued: IssuedPair) -> None:
        assert handshakes(self._operator)[issued.serial]


@pytest.mark.timeout(120 + 5 * ROTATIONS)
async def test_while_64_write_and_the_pair_is_replaced_in_every_way_no_request_fails(
    api_server: AskingApiServer, ca: Ca, report_figure: Callable[[str], None]
) -> None:
    with api_server.operator(module="tests.webhook.counting_handshakes") as operator:
        async with writing(api_server.cluster.kubeconfig) as customers:
            rotation = Rotation(operator, api_server.cert_dir)
            issued = [ca.issue() for _ in range(ROTATIONS)]
            for pair, way in zip(issued, itertools.cycle(pairs.WAYS)):
                await asyncio.to_thread(rotation.rotate, pair, way)
        counts = handshakes(operator)
        served = [counts[pair.serial] for pair in issued]
        report_figure(
            f"webhook, certificate replaced {ROTATIONS} times: {len(customers.outcomes)} writes of 64 clients,"
            f" {len(customers.failures)} failed, {customers.latencies()};"
            f" {min(served)} to {max(served)} handshakes of the API server with each"
        )
        assert customers.failures == []
        assert operator.terminate() == 0
        assert "Traceback" not in operator.output(), operator.output()
