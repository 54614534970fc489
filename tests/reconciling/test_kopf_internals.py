"""What kopf does with its private parts that we use. A red test here means: look at what the new kopf does instead."""

import asyncio
import http.server
import json
import logging
import subprocess
import sys
import threading
from collections.abc import Iterator
from http import HTTPStatus
from typing import Any

import aiohttp
import kopf
import pytest
from kopf._cogs.structs import ephemera
from kopf._cogs.structs.references import Insights
from kopf._core.engines.admission import serve_admission_request
from kopf._core.reactor.inventory import ResourceMemories

from reconciling.kopf_internals import UnanswerableReviewError, silence_stopped_tasks

TASKS = {"kopf._core.reactor.orchestration", "kopf._core.reactor.running"}


def resource(kind: str, plural: str) -> dict[str, Any]:
    verbs = ["list", "watch", "patch"]
    return {"name": plural, "kind": kind, "singularName": kind.lower(), "namespaced": False, "verbs": verbs}


GROUP = {"name": "demo.lva.io", "versions": [{"version": "v1"}], "preferredVersion": {"version": "v1"}}
DISCOVERY: dict[str, dict[str, Any]] = {
    "/api": {"versions": ["v1"]},
    "/api/v1": {"resources": [resource("Namespace", "namespaces")]},
    "/apis": {"groups": [GROUP]},
    "/apis/demo.lva.io/v1": {"resources": [resource("Icecream", "icecreams")]},
}


class Handler(http.server.BaseHTTPRequestHandler):
    """An API server that knows icecreams and, as after the end of their CRD, has no list of them."""

    def do_GET(self) -> None:
        not_found = {"kind": "Status", "message": f"{self.path} is not there"}
        body = json.dumps(DISCOVERY.get(self.path, not_found)).encode()
        self.send_response(HTTPStatus.OK if self.path in DISCOVERY else HTTPStatus.NOT_FOUND)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def url() -> Iterator[str]:
    """Served by a thread: kopf ends every task of its event loop, a server's too."""
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


@pytest.fixture(autouse=True)
def levels() -> Iterator[None]:
    yield
    for name in TASKS:
        logging.getLogger(name).setLevel(logging.NOTSET)


async def watch(url: str) -> None:
    """Run kopf until its watch ends it."""
    registry = kopf.OperatorRegistry()

    @kopf.on.startup(registry=registry)
    def configure(settings: kopf.OperatorSettings, **_: Any) -> None:
        settings.peering.standalone = True
        settings.scanning.disabled = True

    @kopf.on.event("demo.lva.io", "v1", "icecreams", registry=registry)
    def on_event(**_: Any) -> None: ...

    async with aiohttp.ClientSession() as session:

        @kopf.on.login(registry=registry)
        def login(**_: Any) -> kopf.AiohttpSession:
            return kopf.AiohttpSession(server=url, aiohttp_session=session)

        await kopf.operator(registry=registry, clusterwide=True)


def tracebacks(caplog: pytest.LogCaptureFixture) -> set[str]:
    """The loggers that have logged one."""
    return {record.name for record in caplog.records if record.exc_info}


def test_these_loggers_say_why_a_watch_has_ended_and_are_silent_when_asked_to_be(
    url: str, caplog: pytest.LogCaptureFixture
) -> None:
    with pytest.raises(Exception, match="icecreams is not there"):
        asyncio.run(watch(url))
    assert tracebacks(caplog) == TASKS
    caplog.clear()
    silence_stopped_tasks()
    with pytest.raises(Exception, match="icecreams is not there"):
        asyncio.run(watch(url))
    assert tracebacks(caplog) == set()


def logged(form: str, namespace: str) -> str:
    """A line about the object ice, as a process logs it that has kopf's log format."""
    program = (
        "import kopf, logging; from reconciling.logs import object_logger;"
        f"kopf.configure(log_format=kopf.LogFormat.{form}, log_prefix=None);"
        f"object_logger(logging.getLogger('test'), 'ice', {namespace!r}).info('melts')"
    )
    return subprocess.run([sys.executable, "-c", program], stderr=subprocess.PIPE, text=True, check=True).stderr


@pytest.mark.parametrize(("namespace", "prefix"), [("", "[ice]"), ("kitchen", "[kitchen/ice]")])
def test_a_line_of_text_names_its_object_first(namespace: str, prefix: str) -> None:
    assert logged("FULL", namespace).endswith(f"] {prefix} melts\n")


def test_a_line_of_json_carries_its_object() -> None:
    assert json.loads(logged("JSON", "kitchen"))["object"] == {"name": "ice", "namespace": "kitchen"}


async def test_a_review_of_a_resource_without_handlers_cannot_be_answered() -> None:
    resource = {"group": "demo.lva.io", "version": "v1", "resource": "icecreams"}
    review: Any = {"request": {"resource": resource, "userInfo": {}, "object": {"metadata": {}}}}
    with pytest.raises(UnanswerableReviewError, match="The specified resource has no handlers"):
        await serve_admission_request(
            review,
            settings=kopf.OperatorSettings(),
            memories=ResourceMemories(),
            memobase=ephemera.AnyMemo(kopf.Memo()),
            registry=kopf.OperatorRegistry(),
            insights=Insights(),
            indices={},
        )
