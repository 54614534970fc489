"""Signed requests, each with a nonce; again with a fresh one where that is refused (RFC 8555 section 6.3 and 6.5)."""

import contextlib
import datetime
import ssl
from collections.abc import AsyncIterator

from certmanager.acme import directory, jws, polling, problem, urls
from certmanager.acme.clock import Clock
from certmanager.acme.directory import Directory
from certmanager.acme.errors import AcmeError, BadReplyError
from certmanager.acme.exchange import ExchangeCallback
from certmanager.acme.nonce import NoncePool
from certmanager.acme.problem import ProblemError
from certmanager.acme.transport import Reply, Transport, open_transport

JSON = "application/json"
MOST_ATTEMPTS = 40  # at one nonce in two refused, one request in 10^12 doesn't get through


class Session:
    """A conversation with one CA; any number of requests may be under way at a time."""

    def __init__(self, transport: Transport, directory: Directory, clock: Clock) -> None:
        self.directory = directory
        self._transport = transport
        self._clock = clock
        self._nonces = NoncePool()

    async def post(self, url: str, payload: jws.Json | None, signer: jws.Signer, media: str | None = None) -> Reply:
        """POST `payload`, or POST-as-GET without one, and give the reply with a status of 2xx.

        `media` is the type that the reply must have.

        Raises:
            ProblemError: the CA refused.
            BadReplyError: the reply has another type.
            UnreachableError: there was none.
        """
        for _ in range(MOST_ATTEMPTS):
            reply = await self._post_once(url, payload, signer)
            if reply.status < 300:
                return must_be(media, reply) if media else reply
            refused = refusal(reply, self._clock.now())
            if refused.problem.type != problem.BAD_NONCE:
                break
        raise refused

    async def _post_once(self, url: str, payload: jws.Json | None, signer: jws.Signer) -> Reply:
        nonce = self._nonces.take() or await self._new_nonce()
        reply = await self._transport.send("POST", url, jws.sign(signer, url, nonce, payload))
        self._nonces.put(reply.headers.get("Replay-Nonce"))  # an error reply brings one too (section 6.5)
        return reply

    async def _new_nonce(self) -> str:
        """Ask for a nonce, the first time and when none is left (section 7.2)."""
        url = self.directory.new_nonce
        reply = await self._transport.send("HEAD", url)
        if reply.status >= 300:
            raise refusal(reply, self._clock.now())
        self._nonces.put(reply.headers.get("Replay-Nonce"))
        nonce = self._nonces.take()
        if nonce is None:
            raise BadReplyError(f"{url} gives no usable Replay-Nonce (RFC 8555 section 7.2)")
        return nonce


@contextlib.asynccontextmanager
async def open_session(
    directory_url: str, trust: ssl.SSLContext | None, on_exchange: ExchangeCallback | None, clock: Clock
) -> AsyncIterator[Session]:
    """A session inside the `async with`, the directory read (section 7.1.1).

    Raises:
        AcmeError: the CA can't be reached, or there is no directory at that URL.
    """
    wrong = urls.what_is_wrong(directory_url)
    if wrong:
        raise AcmeError(
            f"the directory must be an https URL (RFC 8555 section 6.1), not {directory_url!r:.60}: {wrong}"
        )
    async with open_transport(trust, on_exchange) as transport:
        yield Session(transport, await _read_directory(transport, directory_url, clock), clock)


async def _read_directory(transport: Transport, url: str, clock: Clock) -> Directory:
    reply = await transport.send("GET", url)
    if reply.status != 200:
        raise refusal(reply, clock.now())
    return directory.parse(must_be(JSON, reply).body, url)


def refusal(reply: Reply, now: datetime.datetime) -> ProblemError:
    """The error that a reply with an error status is."""
    document = problem.of_reply(reply.status, reply.content_type, reply.body, reply.url)
    wait = retry_after(reply, now)
    return ProblemError(document, wait, None if wait is None else now + wait, reply.links("help"))


def retry_after(reply: Reply, now: datetime.datetime) -> datetime.timedelta | None:
    """How long the reply asks to wait, if it does."""
    return polling.retry_after(reply.headers.get("Retry-After"), now, reply.headers.get("Date"))


def must_be(media: str, reply: Reply) -> Reply:
    """The reply itself.

    Raises:
        BadReplyError: it isn't of the type `media`.
    """
    if reply.content_type != media:
        raise BadReplyError(f"{reply.url} answers with {reply.content_type or 'no type'!r:.80} in place of {media}")
    return reply
