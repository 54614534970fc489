import aiohttp
import pytest
from kubernetes.aio.client.exceptions import ApiException

from reconciling.errors import Conflict, NotFound, Refused, Retry, translated


def answer(status: int, body: str = "", headers: dict[str, str] | None = None) -> ApiException:
    error = ApiException(status=status, reason="Because", body=body)
    error.headers = headers
    return error


@pytest.mark.parametrize(
    ("raised", "expected"),
    [
        (answer(404), NotFound),
        (answer(409), Conflict),
        (answer(400), Refused),
        (answer(422), Refused),
        (answer(401), Retry),
        (answer(403), Retry),
        (answer(429), Retry),
        (answer(500), Retry),
        (answer(503), Retry),
        (aiohttp.ServerDisconnectedError(), Retry),
        (TimeoutError(), Retry),
        (ConnectionResetError(), Retry),
    ],
)
def test_each_answer_means_one_thing_to_a_reconcile(raised: Exception, expected: type[Exception]) -> None:
    with pytest.raises(expected) as caught, translated("writing"):
        raise raised
    assert type(caught.value) is expected
    assert caught.value.__cause__ is raised


def test_a_bug_is_not_taken_for_an_answer() -> None:
    with pytest.raises(KeyError), translated("writing"):
        raise KeyError


def test_the_message_is_the_api_servers_own_sentence() -> None:
    with pytest.raises(Refused, match=r"^writing: it is too cold \(HTTP 422\)$"), translated("writing"):
        raise answer(422, '{"kind":"Status","message":"it is too cold"}')


@pytest.mark.parametrize(("header", "seconds"), [({"Retry-After": "7"}, 7), ({"Retry-After": "soon"}, 0), (None, 0)])
def test_a_retry_waits_as_long_as_the_api_server_asks(header: dict[str, str] | None, seconds: float) -> None:
    with pytest.raises(Retry) as caught, translated("writing"):
        raise answer(429, headers=header)
    assert caught.value.after == seconds


def test_an_error_without_a_text_is_named() -> None:
    with pytest.raises(Retry, match=r"^writing the status: TimeoutError$"), translated("writing the status"):
        raise TimeoutError
