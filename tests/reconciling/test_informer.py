"""What keeps a cache as kopf's lists and events say, with a real HTTP server in the API server's place."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from reconciling.cache import Cache
from reconciling.informer import Informer, Resource
from tests.reconciling.test_cache import Metadata, Seen, Thing

THINGS = Resource("example.com", "v1", "things")


def parse(body: Mapping[str, Any]) -> Thing:
    metadata = body["metadata"]
    if "colours" not in body:
        raise ValueError("it has no colours")
    return Thing(
        Metadata(metadata.get("namespace", ""), metadata["name"], "uid", metadata["resourceVersion"]),
        tuple(body["colours"]),
    )


def body(name: str, version: int = 5, **more: object) -> dict[str, Any]:
    return {"metadata": {"name": name, "resourceVersion": str(version)}, "colours": [], **more}


@dataclass
class Fixture:
    informer: Informer[Thing]
    seen: Seen


@pytest.fixture
def things() -> Fixture:
    seen = Seen()
    return Fixture(Informer(THINGS, parse, Cache(seen)), seen)


async def list_them(
    informer: Informer[Thing], *items: dict[str, Any], path: str = "/apis/example.com/v1/things"
) -> None:
    async def answer(_: web.Request) -> web.Response:
        return web.json_response({"items": items, "metadata": {"resourceVersion": "10"}})

    app = web.Application()
    app.router.add_get("/{path:.*}", answer)
    async with TestServer(app) as server, aiohttp.ClientSession(middlewares=[informer.middleware()]) as session:
        await session.get(server.make_url(path))


@pytest.mark.parametrize(
    ("resource", "namespace", "path"),
    [
        (THINGS, None, "/apis/example.com/v1/things"),
        (THINGS, "a", "/apis/example.com/v1/namespaces/a/things"),
        (Resource("", "v1", "secrets"), None, "/api/v1/secrets"),
        (Resource("", "v1", "secrets"), "a", "/api/v1/namespaces/a/secrets"),
    ],
)
def test_a_kind_has_its_path(resource: Resource, namespace: str | None, path: str) -> None:
    assert resource.path(namespace) == path


async def test_a_complete_list_syncs_it(things: Fixture) -> None:
    assert not things.informer.synced.is_set()
    await list_them(things.informer, body("a"), body("b"))
    assert things.informer.synced.is_set()
    assert things.seen.changes == [(None, "a@5"), (None, "b@5")]


async def test_a_list_of_another_path_does_not(things: Fixture) -> None:
    await list_them(things.informer, body("a"), path="/apis/example.com/v1/namespaces/a/things")
    assert not things.informer.synced.is_set()


async def test_events_before_the_first_list_are_not_taken_in(things: Fixture) -> None:
    things.informer._on_event("ADDED", body("a"))
    assert things.seen.changes == []


async def test_events_are_taken_in(things: Fixture) -> None:
    await list_them(things.informer)
    things.informer._on_event("ADDED", body("a", 11))
    things.informer._on_event("MODIFIED", body("a", 12))
    things.informer._on_event("DELETED", body("a", 13))
    assert things.seen.changes == [(None, "a@11"), ("a@11", "a@12"), ("a@12", None)]


async def test_one_that_can_not_be_read_holds_up_no_other(things: Fixture, caplog: pytest.LogCaptureFixture) -> None:
    unreadable = {"metadata": {"name": "x", "namespace": "a", "resourceVersion": "5"}}
    await list_them(things.informer, unreadable, body("b"))
    things.informer._on_event("ADDED", unreadable)
    assert things.seen.changes == [(None, "b@5")]
    assert "things a/x can't be read, and is left alone: it has no colours" in caplog.text
