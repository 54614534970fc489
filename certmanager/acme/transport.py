"""HTTPS to a CA: one request, one reply, within limits (RFC 8555 section 6.1). Signs nothing.

A reply is taken as it is: no redirect is followed, nothing is retried, what is too big is refused.
"""

import contextlib
import ssl
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass
from importlib.metadata import version

import aiohttp
from multidict import CIMultiDictProxy

from certmanager.acme import link, urls
from certmanager.acme.aiohttp_internals import Connector
from certmanager.acme.errors import BadReplyError, UnreachableError
from certmanager.acme.exchange import Exchange, ExchangeCallback
from certmanager.acme.fields import printable
from reconciling.httpproxy import proxy_for_url, through

LARGEST_REPLY = 1 << 20
REQUEST_SECONDS = 30.0

_USER_AGENT = f"icecream-workshop/{version('icecream-workshop')} aiohttp/{aiohttp.__version__}"  # section 6.1: a MUST
_JOSE = {"Content-Type": "application/jose+json"}  # section 6.2


@dataclass(frozen=True)
class Reply:
    """What the CA answered, whatever the status."""

    url: str
    status: int
    headers: CIMultiDictProxy[str]
    body: bytes

    @property
    def content_type(self) -> str:
        """The media type without its parameters."""
        return self.headers.get("Content-Type", "").partition(";")[0].strip().lower()

    @property
    def location(self) -> str:
        """The URL of what was made (section 7.1), resolved where it is relative (RFC 9110 section 10.2.2).

        Raises:
            BadReplyError: the reply names none.
        """
        location = self.headers.get("Location", "").strip()
        url = urls.resolve(self.url, location) if location else location
        wrong = urls.what_is_wrong(url)
        if wrong:
            raise BadReplyError(
                f"{self.url} answers without a Location that is an https URL: {location!r:.80}, {wrong}"
            )
        return url

    def links(self, relation: str) -> tuple[str, ...]:
        """The https URLs that Link headers name for `relation`: `alternate`, `next` (RFC 8288)."""
        parsed = (one for header in self.headers.getall("Link", ()) for one in link.parse(header))
        resolved = (urls.resolve(self.url, one.target) for one in parsed if one.has_relation(relation))
        return tuple(dict.fromkeys(url for url in resolved if urls.is_https_url(url)))


class Transport:
    """Sends requests over one pool of connections; `on_exchange` is called after each exchange."""

    def __init__(self, session: aiohttp.ClientSession, on_exchange: ExchangeCallback | None = None) -> None:
        self._session = session
        self._on_exchange = on_exchange

    async def send(self, method: str, url: str, body: bytes | None = None) -> Reply:
        """One request.

        Raises:
            UnreachableError: no reply.
            BadReplyError: a redirect, or too much.
        """
        began, proxy = time.perf_counter(), proxy_for_url(url)
        try:
            async with self._session.request(
                method, url, data=body, headers=None if body is None else _JOSE, allow_redirects=False, proxy=proxy
            ) as response:
                received = await _read(response)
                reply = Reply(url, response.status, response.headers, received)
        except TimeoutError as error:
            raise UnreachableError(f"{method} {url}{through(proxy)}: no reply within {REQUEST_SECONDS:g} s") from error
        except (aiohttp.ClientError, OSError) as error:
            reason = " ".join(printable(str(error)).split()) or type(error).__name__
            raise UnreachableError(f"{method} {url}{through(proxy)}: {reason}") from error
        except ValueError as error:  # a URL that aiohttp or the resolver can't take
            raise BadReplyError(f"{method} {url:.80}: {printable(str(error))}") from error
        if self._on_exchange is not None:
            headers = tuple(reply.headers.items())
            self._on_exchange(Exchange(method, url, body, reply.status, headers, received, time.perf_counter() - began))
        if 300 <= reply.status < 400:
            raise BadReplyError(
                f"{url} redirects to {reply.headers.get('Location', 'nowhere')!r:.200}; ACME never does"
            )
        return reply


@contextlib.asynccontextmanager
async def open_transport(
    trust: ssl.SSLContext | None = None, on_exchange: ExchangeCallback | None = None
) -> AsyncIterator[Transport]:
    """A transport inside the `async with`; `trust` says which certificates the CA's own server may have."""
    connector = Connector(ssl=trust or ssl.create_default_context())
    timeout = aiohttp.ClientTimeout(total=REQUEST_SECONDS)
    async with aiohttp.ClientSession(
        connector=connector, timeout=timeout, headers={"User-Agent": _USER_AGENT}, cookie_jar=aiohttp.DummyCookieJar()
    ) as session:
        yield Transport(session, on_exchange)


async def _read(response: aiohttp.ClientResponse) -> bytes:
    received = bytearray()
    async for part in response.content.iter_any():
        received += part
        if len(received) > LARGEST_REPLY:
            raise BadReplyError(f"{response.url} sends more than {LARGEST_REPLY} bytes")
    return bytes(received)
