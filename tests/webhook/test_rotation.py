"""The certificate is replaced while 64 clients write: none of them notices.

ROTATIONS in the environment says how often: 100 take two minutes.
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
from tests.webhook.pairs import Ca, IssuedPair
from workshop.system.polling import eventually
from workshop.testing.operator_process import OperatorProcess

pytestmark = pytest.mark.slow

ROTATIONS = int(os.environ.get("ROTATIONS", "12"))


def handshakes(operator: OperatorProcess) -> Counter[int]:
    """How many clients have begun a handshake with each certificate, by its serial number."""
    return Counter(int(serial, 16) for serial in re.findall(f"{HANDSHAKE} ([0-9a-f]+)", operator.output()))


def rotate(
    operator: OperatorProcess, folder: Path, issued: IssuedPair, way: Callable[[Path, pairs.Pair, pairs.Pause], None]
) -> None:
    """Replace the pair, slowly enough for the operator to see it half replaced; wait until the API server sees it."""

    def looked() -> None:
        assert operator.output().count(LOOK) >= looks + 2

    def pause() -> None:
        nonlocal looks
        looks = operator.output().count(LOOK)
        eventually(looked)

    def seen() -> None:
        assert handshakes(operator)[issued.serial]

    looks = 0
    way(folder, issued.pair, pause)
    eventually(seen)


@pytest.mark.timeout(120 + 5 * ROTATIONS)
async def test_while_64_write_and_the_pair_is_replaced_in_every_way_no_request_fails(
    api_server: AskingApiServer, ca: Ca, report_figure: Callable[[str], None]
) -> None:
    with api_server.operator(module="tests.webhook.counting_handshakes") as operator:
        async with writing(api_server.cluster.kubeconfig) as customers:
            issued = [ca.issue() for _ in range(ROTATIONS)]
            for pair, way in zip(issued, itertools.cycle(pairs.WAYS)):
                await asyncio.to_thread(rotate, operator, api_server.cert_dir, pair, way)
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
