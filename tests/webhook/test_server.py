import asyncio
import json
import logging
from collections.abc import AsyncIterator
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest

from icecream_operator.webhook import server, shutdown
from icecream_operator.webhook.self_signed_ca import SERVICE
from reconciling.endpoints import AddressError
from reconciling.kopf_internals import UnanswerableReviewError
from tests.webhook.pairs import Ca, put
from tests.webhook.serving import HANDLER, Serving, review, serving

MIB = 1 << 20


@pytest.fixture
async def running(tmp_path: Path, ca: Ca) -> AsyncIterator[Serving]:
    async with serving(tmp_path, ca) as running:
        yield running


async def test_a_review_gets_the_answer_of_the_handler_with_the_id_that_the_path_names(running: Serving) -> None:
    assert await running.ask("ice") == {"uid": "ice", "allowed": True, "warnings": [HANDLER]}


@pytest.mark.parametrize("path", ["/", "/validate", f"/{HANDLER}/", f"/x/{HANDLER}"])
async def test_a_path_that_no_handler_has_admits_nothing(running: Serving, path: str) -> None:
    url = f"https://127.0.0.1:{running.port}{path}"
    async with running.session.post(url, json=review(), server_hostname=SERVICE) as response:
        assert response.status == 404


async def test_nothing_but_post_is_answered(running: Serving) -> None:
    async with running.session.get(running.url, server_hostname=SERVICE) as response:
        assert response.status == 405


@pytest.mark.parametrize("protocol", ["HTTP/1.0", "HTTP/1.1"])
async def test_both_versions_of_http_are_answered(running: Serving, protocol: str) -> None:
    reader, writer = await running.connect()
    writer.write(request(json.dumps(review()).encode(), protocol=protocol))
    assert (await reader.readline()).split()[1] == b"200"
    writer.close()


def without(field: str) -> dict[str, Any]:
    body = review()
    del body["request"][field]
    return body


RUBBISH: dict[str, tuple[bytes, str]] = {
    "nothing": (b"", "not JSON"),
    "text": (b"hello", "not JSON"),
    "bytes": (b"\xff\xfe\x00", "not JSON"),
    "too deep": (b"[" * 200_000, "not JSON"),
    "a long number": (b"1" * 10_000, "not JSON"),
    "null": (b"null", "not an AdmissionReview: the body is no JSON object"),
    "a list": (b"[{}]", "not an AdmissionReview: the body is no JSON object"),
    "an empty object": (b"{}", "not an AdmissionReview: request is no JSON object"),
    "a request that is a text": (b'{"request": "x"}', "not an AdmissionReview: request is no JSON object"),
    "no resource": (json.dumps(without("resource")).encode(), "not an AdmissionReview: request.resource is no"),
    "no user": (json.dumps(without("userInfo")).encode(), "not an AdmissionReview: request.userInfo is no"),
    "no object": (json.dumps(without("object")).encode(), "not an AdmissionReview: request has neither object nor old"),
    "an object that is a number": (json.dumps(review(object=1)).encode(), "not an AdmissionReview: request.object is"),
    "no metadata": (json.dumps(review(oldObject={})).encode(), "not an AdmissionReview: request.oldObject.metadata is"),
}


@pytest.mark.parametrize(("body", "message"), RUBBISH.values(), ids=RUBBISH.keys())
async def test_what_is_no_review_is_refused_with_what_is_wrong_and_without_noise(
    running: Serving, body: bytes, message: str, caplog: pytest.LogCaptureFixture
) -> None:
    status, text = await running.send(body)
    assert (status, text[: len(message)]) == (400, message)
    assert [record for record in caplog.records if record.levelno >= logging.WARNING] == []


async def test_a_review_that_kopf_cannot_answer_is_refused(tmp_path: Path, ca: Ca) -> None:
    async def answer(_review: Any) -> None:
        raise UnanswerableReviewError("The specified resource has no handlers")

    async with serving(tmp_path, ca, answer) as running:
        status, text = await running.send(json.dumps(review()).encode())
        assert (status, text) == (400, "The specified resource has no handlers\n")


async def test_a_body_that_is_not_called_json_is_refused(running: Serving) -> None:
    status, text = await running.send(json.dumps(review()).encode(), "application/yaml")
    assert (status, text) == (415, "application/json is wanted, not application/yaml\n")


async def test_an_object_that_is_as_large_as_the_api_server_takes_it_is_reviewed_with_the_old_one(
    running: Serving,
) -> None:
    body = {"metadata": {"name": "ice", "annotations": {"x": "x" * (3 * MIB)}}}
    status, _ = await running.send(BytesIO(json.dumps(review(object=body, oldObject=body)).encode()))
    assert status == 200


async def in_chunks(count: int) -> AsyncIterator[bytes]:
    for _ in range(count):
        yield b" " * MIB


@pytest.mark.parametrize("chunked", [False, True])
async def test_more_than_that_is_refused(running: Serving, chunked: bool) -> None:
    status, text = await running.send(in_chunks(10) if chunked else BytesIO(b" " * (10 * MIB)))
    assert (status, text) == (413, "Maximum request body size 7340032 exceeded.")


async def test_a_body_that_comes_too_slowly_is_not_waited_for(
    running: Serving, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(server, "BODY_TIME_LIMIT", 0.1)
    reader, writer = await running.connect()
    writer.write(request(json.dumps(review()).encode())[:-1])
    assert (await reader.readline()).split()[1] == b"408"
    writer.close()


async def test_a_handshake_that_stops_half_way_is_ended(
    tmp_path: Path, ca: Ca, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(server, "HANDSHAKE_LIMIT", 0.1)
    async with serving(tmp_path, ca) as running:
        reader, writer = await asyncio.open_connection("127.0.0.1", running.port)
        writer.write(CLIENT_HELLO)
        assert await read_all(reader) == b""
        writer.close()


async def test_a_connection_on_which_nothing_comes_is_ended(
    tmp_path: Path, ca: Ca, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(server, "IDLE_LIMIT", 0.1)
    async with serving(tmp_path, ca) as running:
        for sent in (b"", b"POST / HTTP/1.1\r\nHost:"):
            reader, writer = await running.connect()
            writer.write(sent)
            assert await reader.read() == b""
            writer.close()


CLIENT_HELLO = b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"  # its first bytes


def request(body: bytes, protocol: str = "HTTP/1.1", length: int | None = None) -> bytes:
    return (
        f"POST /{HANDLER} {protocol}\r\nHost: x\r\nContent-Type: application/json\r\n"
        f"Content-Length: {len(body) if length is None else length}\r\n\r\n"
    ).encode() + body


async def read_all(reader: asyncio.StreamReader) -> bytes:
    try:
        return await reader.read()
    except ConnectionResetError:
        return b""


async def connect_for_ever(running: Serving) -> None:
    while True:
        _, writer = await asyncio.open_connection("127.0.0.1", running.port)
        writer.close()


class BadClients:
    """They have connections open, each of which has sent something and won't go on."""

    def __init__(self, running: Serving) -> None:
        self._running = running
        self.writers: list[asyncio.StreamWriter] = []

    async def connect(self, sent: bytes, *, tls: bool = True) -> None:
        if tls:
            _, writer = await self._running.connect()
        else:
            _, writer = await asyncio.open_connection("127.0.0.1", self._running.port)
        self.writers.append(writer)
        writer.write(sent)

    def close(self) -> None:
        for writer in self.writers:
            writer.close()


async def test_bad_clients_change_nothing_for_the_others(running: Serving, caplog: pytest.LogCaptureFixture) -> None:
    bad = BadClients(running)
    body = json.dumps(review()).encode()
    for _ in range(10):
        await bad.connect(b"", tls=False)
        await bad.connect(CLIENT_HELLO, tls=False)
        await bad.connect(b"GET / HTTP/1.1\r\n\r\n", tls=False)
        await bad.connect(b"\0" * 1000, tls=False)
        await bad.connect(b"")
        await bad.connect(b"\0" * 1000)
        await bad.connect(b"POST / HTTP/1.1\r\nHost:")
        await bad.connect(b"X: " + b"x" * 100_000)
        await bad.connect(request(body)[:-1])
        await bad.connect(request(b" " * MIB, length=10 * MIB))
        await bad.connect(request(b" " * MIB, length=7 * MIB))
        await bad.connect(request(b" ", length=-1))
    answers = await asyncio.gather(*(running.ask(str(number)) for number in range(64)))
    assert [answer["uid"] for answer in answers] == [str(number) for number in range(64)]
    bad.close()
    assert (await running.ask())["allowed"]
    assert [record for record in caplog.records if record.levelno >= logging.WARNING] == []


async def test_a_port_belongs_to_one_server(running: Serving, tmp_path: Path, ca: Ca) -> None:
    with pytest.raises(AddressError, match=f"127.0.0.1:{running.port} can't be listened on: .*address already in use"):
        async with serving(tmp_path, ca, port=running.port):
            pytest.fail("two listen there")


class Gate:
    """Keeps reviews waiting, and says when one has come."""

    def __init__(self) -> None:
        self.entered, self.opened = asyncio.Event(), asyncio.Event()

    async def wait(self, _review: Any) -> None:
        self.entered.set()
        await self.opened.wait()


async def test_a_request_in_flight_goes_on_across_a_reload_and_so_does_its_connection(tmp_path: Path, ca: Ca) -> None:
    gate = Gate()
    async with serving(tmp_path, ca, gate.wait) as running:
        old, new = await running.served(), ca.issue()
        asked = asyncio.create_task(running.ask())
        await gate.entered.wait()
        put(tmp_path, new.pair)
        while (serial := await running.served()) == old:
            pass
        assert serial == new.serial
        gate.opened.set()
        assert (await asked)["allowed"]
        assert (await running.ask())["allowed"]


async def test_a_request_in_flight_is_answered_when_the_server_ends_and_nobody_new_is_let_in(
    tmp_path: Path, ca: Ca
) -> None:
    gate = Gate()
    async with serving(tmp_path, ca, gate.wait) as running:
        reader, writer = await running.connect()
        asked = asyncio.create_task(running.ask())
        await gate.entered.wait()
        stopped = asyncio.create_task(running.stop())
        assert await reader.read() == b""  # who has asked for nothing isn't waited for
        writer.close()
        with pytest.raises(ConnectionError):
            await connect_for_ever(running)
        assert not stopped.done()
        gate.opened.set()
        assert (await asked)["allowed"]
        await stopped


async def test_the_rest_of_a_body_is_awaited_when_the_server_ends(tmp_path: Path, ca: Ca) -> None:
    async with serving(tmp_path, ca) as running:
        reader, writer = await running.connect()
        sent = request(json.dumps(review()).encode())
        writer.write(sent[:-10])
        await running.ask()  # by now the server has it
        stopped = asyncio.create_task(running.stop())
        with pytest.raises(ConnectionError):
            await connect_for_ever(running)
        writer.write(sent[-10:])
        answer = await reader.read()
        assert answer.startswith(b"HTTP/1.1 200 OK")
        assert b"Connection: close" in answer
        writer.close()
        await stopped


async def test_what_was_sent_when_the_server_ends_is_answered_and_is_the_last_on_its_connection(
    running: Serving,
) -> None:
    reader, writer = await running.connect()
    stopped = asyncio.create_task(running.stop())
    with pytest.raises(ConnectionError):
        await connect_for_ever(running)
    writer.write(request(json.dumps(review()).encode()))
    answer = await reader.read()
    assert answer.startswith(b"HTTP/1.1 200 OK")
    assert b"Connection: close" in answer
    writer.close()
    await stopped


async def test_who_comes_just_when_the_server_ends_is_not_waited_for(
    tmp_path: Path, ca: Ca, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(server, "NO_MORE_ANSWERS", 3600)
    monkeypatch.setattr(shutdown, "ON_THE_WAY", 0)
    for _ in range(10):
        async with serving(tmp_path, ca) as running:
            arriving = [asyncio.create_task(running.connect()) for _ in range(20)]
            await arriving[0]
            await running.stop()
            for connection in await asyncio.gather(*arriving, return_exceptions=True):
                if isinstance(connection, tuple):
                    connection[1].close()
