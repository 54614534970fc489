"""A transcript of an issuance: a sentence for each exchange, with the section of RFC 8555 where it is explained."""

import json
from collections.abc import Callable, Mapping

from certmanager.acme.exchange import Exchange
from certmanager.acme.fields import printable
from certmanager.acme.problem import BAD_NONCE, NAMESPACE


class Transcript:
    """An ExchangeCallback that writes what each exchange meant; it knows a resource by its URL or by its members."""

    def __init__(self, write: Callable[[str], None]) -> None:
        """`write` is called with each sentence; what strangers sent is safe to show in it."""
        self._write = write
        self._names: dict[str, str] = {}

    def __call__(self, exchange: Exchange) -> None:
        """Write the sentence for one exchange."""
        reply = _members(exchange)
        if "newNonce" in reply:
            self._names = {str(url): name for name, url in reply.items()}
        self._say(_sentence(exchange, reply, self._names.get(exchange.url, "")))

    def validation_request(self, path: str) -> None:
        """Write that somebody, usually the CA, asked the HTTP-01 server for a path."""
        self._say(f"  The CA comes to look: GET {path} (section 8.3)")

    def _say(self, sentence: str) -> None:
        self._write(printable(sentence))


def _sentence(exchange: Exchange, reply: Mapping[str, object], name: str) -> str:
    if exchange.status >= 400:
        return _refusal(reply, exchange)
    for member, describe in _BY_MEMBER.items():
        if member in reply:
            return describe(reply, exchange)
    return _BY_NAME.get(name, _certificate)(reply, exchange)


def _directory(_: Mapping[str, object], exchange: Exchange) -> str:
    return f"Directory: {exchange.url} says where everything is (section 7.1.1)"


def _order(reply: Mapping[str, object], exchange: Exchange) -> str:
    message = exchange.message
    payload = message.payload if message else None
    if isinstance(payload, dict) and "csr" in payload:
        return f"Finalize: the certificate request is handed in; the order is {reply.get('status')} (section 7.4)"
    names = ", ".join(str(identifier.get("value")) for identifier in _dicts(reply.get("identifiers")))
    order = "Order" if payload is None else "New order"
    return f"{order} for {names}: {reply.get('status')} (section 7.4)"


def _authorization(reply: Mapping[str, object], exchange: Exchange) -> str:
    identifier = reply["identifier"]
    name = identifier.get("value") if isinstance(identifier, dict) else identifier
    wildcard = "*." if reply.get("wildcard") else ""
    statuses = sorted(f"{offered.get('type')} {offered.get('status')}" for offered in _dicts(reply.get("challenges")))
    challenges = ", ".join(statuses) or "none"
    section = "7.5.2" if _is_deactivation(exchange) else "7.5"
    return f"Authorization for {wildcard}{name}: {reply.get('status')}; challenges: {challenges} (section {section})"


def _challenge(reply: Mapping[str, object], _: Exchange) -> str:
    return f"Challenge {reply.get('type')}: the CA may look now; it is {reply.get('status')} (section 7.5.1)"


def _account(reply: Mapping[str, object], exchange: Exchange) -> str:
    account = "New account" if exchange.status == 201 else "Account"
    url = next((value for name, value in exchange.headers if name == "Location"), exchange.url)
    section = "7.3.6" if _is_deactivation(exchange) else "7.3"
    return f"{account} {url}: {reply.get('status')} (section {section})"


def _is_deactivation(exchange: Exchange) -> bool:
    message = exchange.message
    return message is not None and message.payload == {"status": "deactivated"}


def _orders(reply: Mapping[str, object], _: Exchange) -> str:
    urls = reply["orders"]
    return f"Orders of the account: {len(urls) if isinstance(urls, list) else urls} on this page (section 7.1.2.1)"


def _nonce(_: Mapping[str, object], __: Exchange) -> str:
    return "Nonce: a first one; from now on each reply brings the next (section 7.2)"


def _revocation(_: Mapping[str, object], __: Exchange) -> str:
    return "Revoked (section 7.6)"


def _certificate(_: Mapping[str, object], exchange: Exchange) -> str:
    count = exchange.received.count(b"BEGIN CERTIFICATE")
    return f"Certificate: a chain of {count}, from {exchange.url} (section 7.4.2)"


def _refusal(reply: Mapping[str, object], exchange: Exchange) -> str:
    error_type = str(reply.get("type", exchange.status)).removeprefix(NAMESPACE)
    again = "; once more with the nonce that came with that (section 6.5)" if error_type == BAD_NONCE else ""
    return f"Refused, {error_type}: {str(reply.get('detail', 'without a word'))!r}{again}"


def _members(exchange: Exchange) -> Mapping[str, object]:
    try:
        reply = json.loads(exchange.received)
    except (ValueError, RecursionError):
        return {}
    return reply if isinstance(reply, dict) else {}


def _dicts(value: object) -> list[dict[str, object]]:
    return [member for member in value if isinstance(member, dict)] if isinstance(value, list) else []


_Describe = Callable[[Mapping[str, object], Exchange], str]

_BY_MEMBER: dict[str, _Describe] = {
    "newNonce": _directory,
    "finalize": _order,
    "identifier": _authorization,
    "token": _challenge,
    "key": _account,
    "contact": _account,
    "orders": _orders,
}
_BY_NAME: dict[str, _Describe] = {"newNonce": _nonce, "newAccount": _account, "revokeCert": _revocation}
