"""What the API server or the network answered, in the few words that a reconcile cares about.

The client's many exceptions are translated here, once. The cause stays chained.
"""

import json
from collections.abc import Iterator
from contextlib import contextmanager

from aiohttp import ClientError
from kubernetes.aio.client.exceptions import ApiException


class Retry(Exception):  # noqa: N818 -- a reconcile says: look again
    """It can't be done now. The key comes back after its back-off, and after `after` seconds at the earliest.

    controller-runtime's `Result{RequeueAfter: …}`, kopf's TemporaryError.
    """

    def __init__(self, reason: str, after: float = 0) -> None:
        super().__init__(reason)
        self.after = after


class Conflict(Retry):
    """The object is no longer as it was seen (HTTP 409, apierrors.IsConflict). The event that shows it is under way."""


class NotFound(Exception):  # noqa: N818
    """The object is not there (HTTP 404, apierrors.IsNotFound). There is nothing left to do for it."""


class Refused(Exception):  # noqa: N818
    """The API server won't take this, however often it is sent. Only a change of the object helps.

    HTTP 400 or 422, apierrors.IsBadRequest or IsInvalid.
    """


@contextmanager
def translated(action: str) -> Iterator[None]:
    """Translate what the client raises inside the `with`. `action` begins the messages.

    Raises:
        Conflict: the API server answers 409.
        NotFound: it answers 404.
        Refused: it answers 400 or 422.
        Retry: it answers anything else that is an error, or nothing.
    """
    try:
        yield
    except ApiException as error:
        raise _translate(error, action) from error
    except (ClientError, TimeoutError, OSError) as error:
        raise Retry(f"{action}: {str(error) or type(error).__name__}") from error


def _translate(error: ApiException, action: str) -> Exception:
    message = f"{action}: {explain(error)}"
    match error.status:
        case 404:
            return NotFound(message)
        case 409:
            return Conflict(message)
        case 400 | 422:
            return Refused(message)
        case _:  # 401 and 403 too: whoever runs the cluster can put them right meanwhile
            return Retry(message, _retry_after(error))


def explain(error: ApiException) -> str:
    """Return the API server's own sentence, without headers and HTML around it."""
    try:
        message = json.loads(error.body or "")["message"]
    except (ValueError, KeyError, TypeError):
        message = error.reason
    return f"{message} (HTTP {error.status})"


def _retry_after(error: ApiException) -> float:
    seconds = (error.headers or {}).get("Retry-After", "")
    return float(seconds) if seconds.isdecimal() else 0
