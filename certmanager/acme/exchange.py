"""Each exchange with the CA as it went over the wire, with the signed message opened (RFC 8555 section 6.2).

Only what is sent is here, and a private or MAC key never is: a message carries public keys and signatures.
"""

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from certmanager.acme.fields import printable
from certmanager.acme.jws import decode

SHOWN_HEADERS = ("Content-Type", "Location", "Replay-Nonce", "Retry-After", "Link")


@dataclass(frozen=True)
class Message:
    """A flattened JWS, opened. `payload` is None in a POST-as-GET."""

    protected: Mapping[str, object]
    payload: object
    signature: str


@dataclass(frozen=True)
class Exchange:
    """A request and its reply; `seconds` from the first byte sent to the last received."""

    method: str
    url: str
    sent: bytes | None
    status: int
    headers: tuple[tuple[str, str], ...]
    received: bytes
    seconds: float

    @property
    def message(self) -> Message | None:
        """What was signed, if anything was."""
        return None if self.sent is None else decode_message(json.loads(self.sent))

    def __str__(self) -> str:
        return "\n".join(self._lines())

    def _lines(self) -> Iterator[str]:
        message = self.message
        as_get = " (POST-as-GET)" if message and message.payload is None else ""
        yield f"> {self.method} {self.url}{as_get}"
        if message:
            yield f">   protected {_compact(message.protected)}"
            yield f">   payload   {'empty' if message.payload is None else _compact(message.payload)}"
            yield f">   signature {message.signature}"
        yield f"< {self.status} after {self.seconds * 1000:.1f} ms"
        yield from (f"<   {name}: {printable(value)}" for name, value in self.headers if name in SHOWN_HEADERS)
        yield from (f"<   {printable(line)}" for line in self.received.decode(errors="replace").splitlines())


ExchangeCallback = Callable[[Exchange], None]


def decode_message(jws: Mapping[str, str]) -> Message:
    """Decode a flattened JWS, and the one inside its payload where an external account is bound (section 7.3.4)."""
    payload = json.loads(decode(jws["payload"])) if jws["payload"] else None
    if isinstance(payload, dict) and "externalAccountBinding" in payload:
        inner = decode_message(payload["externalAccountBinding"])
        payload = payload | {"externalAccountBinding": vars(inner)}
    return Message(json.loads(decode(jws["protected"])), payload, jws["signature"])


def _compact(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)
