import asyncio
import logging
from datetime import UTC, datetime, timedelta
from typing import Any, cast

import pytest
from kubernetes.aio.client import ApiException, EventsV1Api

from reconciling.errors import Retry
from reconciling.events import EventRecorder, Regarding
from reconciling.workqueue import WorkQueue

ICE = Regarding("demo.lva.io/v1", "Icecream", "ice", "uid-1")
NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)


class ApiServer:
    """Keeps Events by name, or refuses them with an HTTP code."""

    def __init__(self) -> None:
        self.events: dict[str, dict[str, Any]] = {}
        self.code = 0
        self.now = NOON

    async def create_namespaced_event(self, namespace: str, body: dict[str, Any]) -> None:
        name = body["metadata"]["name"]
        if self.code or name in self.events:
            raise ApiException(status=self.code or 409, reason="as the test says")
        self.events[name] = body | {"namespace": namespace}


@pytest.fixture
def api() -> ApiServer:
    return ApiServer()


@pytest.fixture
async def recorder(api: ApiServer) -> EventRecorder:
    queue: Any = WorkQueue(lambda _: 0, asyncio.get_running_loop().call_later)
    return EventRecorder(queue, lambda: cast(EventsV1Api, api), "lva.io/test", "host", lambda: api.now)


def evicted(recorder: EventRecorder, regarding: Regarding = ICE) -> None:
    recorder.record(regarding, "Warning", "Evicted", "Evict", "one too many")


async def write(recorder: EventRecorder) -> None:
    while len(recorder.queue):
        event = await recorder.queue.get()
        try:
            await recorder.write(event)
        finally:
            recorder.queue.done(event)


async def test_who_records_does_not_wait_for_the_api_server(recorder: EventRecorder, api: ApiServer) -> None:
    evicted(recorder)
    assert not api.events
    await write(recorder)
    (event,) = api.events.values()
    assert event["regarding"] == {"apiVersion": "demo.lva.io/v1", "kind": "Icecream", "name": "ice", "uid": "uid-1"}
    assert (event["type"], event["reason"], event["action"]) == ("Warning", "Evicted", "Evict")
    assert event["note"] == "one too many"


async def test_an_event_says_when_it_happened_and_not_when_it_was_written(
    recorder: EventRecorder, api: ApiServer
) -> None:
    evicted(recorder)
    api.now += timedelta(seconds=7)
    await write(recorder)
    assert [event["eventTime"] for event in api.events.values()] == ["2026-01-01T12:00:00.000000Z"]


async def test_the_same_is_written_once_and_the_same_of_another_object_too(
    recorder: EventRecorder, api: ApiServer
) -> None:
    evicted(recorder)
    evicted(recorder)
    assert len(recorder.queue) == 1
    await write(recorder)
    evicted(recorder)  # as after a crash
    evicted(recorder, Regarding("demo.lva.io/v1", "Icecream", "ice", "uid-2"))
    await write(recorder)
    assert sorted(event["regarding"]["uid"] for event in api.events.values()) == ["uid-1", "uid-2"]


async def test_events_of_what_is_in_a_namespace_are_there_too(recorder: EventRecorder, api: ApiServer) -> None:
    evicted(recorder, Regarding("v1", "Pod", "pod", "uid-3", namespace="kitchen"))
    evicted(recorder)
    await write(recorder)
    assert {event["regarding"]["name"]: event["namespace"] for event in api.events.values()} == {
        "pod": "kitchen",
        "ice": "default",
    }


@pytest.mark.parametrize("code", [403, 429, 500])
async def test_what_cannot_be_written_is_tried_again(recorder: EventRecorder, api: ApiServer, code: int) -> None:
    evicted(recorder)
    api.code = code
    with pytest.raises(Retry):
        await write(recorder)


@pytest.mark.parametrize(("code", "later"), [(500, timedelta(minutes=1)), (422, timedelta(0)), (404, timedelta(0))])
async def test_what_cannot_be_written_for_a_minute_or_at_all_is_logged_and_given_up(
    recorder: EventRecorder, api: ApiServer, caplog: pytest.LogCaptureFixture, code: int, later: timedelta
) -> None:
    evicted(recorder)
    api.code, api.now = code, api.now + later
    with caplog.at_level(logging.WARNING):
        await write(recorder)
    assert "The Event Evicted is lost" in caplog.text


async def test_a_name_at_the_limit_and_a_long_note_fit(recorder: EventRecorder, api: ApiServer) -> None:
    recorder.record(Regarding("v1", "Pod", "p" * 253, "uid"), "Normal", "Made", "Make", "n" * 2000)
    await write(recorder)
    ((name, event),) = api.events.items()
    assert len(name) == 253
    assert len(event["note"]) == 1024
