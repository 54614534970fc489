"""The operator or the API server goes away while 64 clients write, and comes back: what clients see of it."""

import asyncio
import json
import signal
import time
from collections import Counter
from collections.abc import Callable, Iterator

import pytest

from tests.webhook.asking_api_server import AskingApiServer
from tests.webhook.customers import Customers, Outcome, writing
from workshop.controlplane.components import Components
from workshop.webhook.configuration import CONFIGURATION

pytestmark = pytest.mark.slow

REFUSED = 'Internal error occurred: failed calling webhook "vicecream.kb.io": failed to call webhook: Post '
OFF_THE_MENU = "saffron"


@pytest.fixture(autouse=True)
def _nothing_left(api_server: AskingApiServer) -> Iterator[None]:
    yield
    set_failure_policy(api_server, "Fail")
    api_server.close()


def set_failure_policy(api_server: AskingApiServer, policy: str) -> None:
    patch = json.dumps([{"op": "replace", "path": "/webhooks/0/failurePolicy", "value": policy}])
    api_server.cluster.kubectl("patch", f"validatingwebhookconfiguration/{CONFIGURATION}", "--type=json", f"-p={patch}")


async def until(customers: Customers, *, failed: bool, count: int = 64) -> list[Outcome]:
    """Wait for so many requests from now on that have failed, or that haven't, and return all from now on."""
    since = len(customers.outcomes)

    def enough() -> bool:
        return sum(outcome.failed is failed for outcome in customers.outcomes[since:]) >= count

    async with customers.progress:
        await customers.progress.wait_for(enough)
    return customers.outcomes[since:]


def message(outcome: Outcome) -> str:
    return str(json.loads(outcome.reason)["message"]) if outcome.status else outcome.reason


def causes(outcomes: list[Outcome]) -> Counter[str]:
    """Why these have failed, without ports."""
    return Counter(message(outcome).rpartition(": ")[2] for outcome in outcomes if outcome.failed)


async def admits_what_is_off_the_menu(customers: Customers) -> bool:
    return not (await customers.order("rule-breaker", OFF_THE_MENU, dry_run=True)).failed


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
async def test_with_fail_nothing_is_written_while_no_operator_answers(
    api_server: AskingApiServer, number: signal.Signals, report_figure: Callable[[str], None]
) -> None:
    with api_server.operator() as operator:
        async with writing(api_server.cluster.kubeconfig) as customers:
            await until(customers, failed=False, count=200)
            assert customers.failures == []
            operator.send_signal(number)
            code = await asyncio.to_thread(operator.wait)
            assert code == (0 if number is signal.SIGTERM else -number)
            ended = time.monotonic()
            await until(customers, failed=True)
            assert not await admits_what_is_off_the_menu(customers)
            meanwhile = [outcome for outcome in customers.outcomes if outcome.sent > ended]
            assert [outcome for outcome in meanwhile if not outcome.failed] == []
            with api_server.operator():
                await until(customers, failed=False, count=200)
                afterwards = await until(customers, failed=False, count=200)
                assert [outcome for outcome in afterwards if outcome.failed] == []
                assert not await admits_what_is_off_the_menu(customers)
        assert [outcome for outcome in customers.failures if not message(outcome).startswith(REFUSED)] == []
        report_figure(
            f"webhook, operator ended by {number.name} and started again, failurePolicy Fail:"
            f" {len(customers.outcomes)} writes of 64 clients, refused {dict(causes(customers.outcomes))},"
            f" for {down(customers):.1f} s"
        )


def down(customers: Customers) -> float:
    """Seconds from the first failure to the last."""
    sent = [outcome.sent for outcome in customers.failures]
    return max(sent) - min(sent)


async def test_with_ignore_everything_is_written_while_no_operator_answers(
    api_server: AskingApiServer, report_figure: Callable[[str], None]
) -> None:
    set_failure_policy(api_server, "Ignore")
    with api_server.operator() as operator:
        async with writing(api_server.cluster.kubeconfig) as customers:
            while await admits_what_is_off_the_menu(customers):
                pass
            operator.kill()
            while not await admits_what_is_off_the_menu(customers):
                pass
            await until(customers, failed=False, count=200)
            with api_server.operator():
                while await admits_what_is_off_the_menu(customers):
                    pass
                await until(customers, failed=False, count=200)
        report_figure(
            f"webhook, operator killed and started again, failurePolicy Ignore: {len(customers.outcomes)} writes"
            f" of 64 clients, {len(customers.failures)} failed, {customers.latencies()}"
        )
        assert customers.failures == []


def restart(components: Components) -> None:
    """From the main thread: a component ends with the thread that has started it."""
    (component,) = (each for each in components.spec.components if each.name == "kube-apiserver")
    components.running[component.name].kill()
    components.running[component.name].wait()
    components.start_one(component)


async def test_after_a_restart_of_the_api_server_the_webhook_is_asked_as_before(
    api_server: AskingApiServer, report_figure: Callable[[str], None]
) -> None:
    with api_server.operator() as operator:
        async with writing(api_server.cluster.kubeconfig) as customers:
            await until(customers, failed=False, count=200)
            restart(api_server.cluster.components)
            await until(customers, failed=False, count=200)
            settled = len(customers.outcomes)
            await until(customers, failed=False, count=200)
            assert not await admits_what_is_off_the_menu(customers)
        asked_in_vain = [outcome for outcome in customers.failures if outcome.status and "webhook" in outcome.reason]
        report_figure(
            f"webhook, API server killed and started again: {len(customers.outcomes)} writes of 64 clients,"
            f" {len(customers.failures)} failed for {down(customers):.1f} s, {len(asked_in_vain)} by the webhook"
        )
        assert asked_in_vain == []
        assert [outcome for outcome in customers.outcomes[settled:] if outcome.failed] == []
        assert "Traceback" not in operator.output(), operator.output()
