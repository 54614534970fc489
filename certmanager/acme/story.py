"""An issuance told in sentences, one for each exchange, with the section of RFC 8555 where it is explained."""

import json
from collections.abc import Callable, Mapping

from certmanager.acme.problem import NAMESPACE
from certmanager.acme.wire import Exchange


class Story:
    """A Watcher that says what each exchange meant; it knows a resource by its URL or by what it looks like."""

    def __init__(self, say: Callable[[str], None]) -> None:
        self._say = say
        self._names: dict[str, str] = {}

    def __call__(self, exchange: Exchange) -> None:
        """Say the sentence for one exchange."""
        reply = _members(exchange)
        if "newNonce" in reply:
            self._names = {str(url): name for name, url in reply.items()}
        self._say(_sentence(exchange, reply, self._names.get(exchange.url, "")))

    def asked(self, path: str) -> None:
        """Say that somebody, usually the CA, asked the HTTP-01 server for a path."""
        self._say(f"  The CA comes to look: GET {path} (section 8.3)")


def _sentence(exchange: Exchange, reply: Mapping[str, object], asked_for: str) -> str:
    if exchange.status >= 400:
        return _refusal(reply, exchange)
    for member, tell in _BY_MEMBER.items():
        if member in reply:
            return tell(reply, exchange)
    return _BY_NAME.get(asked_for, _certificate)(reply, exchange)


def _directory(_: Mapping[str, object], exchange: Exchange) -> str:
    return f"Directory: {exchange.url} says where everything is (section 7.1.1)"


def _order(reply: Mapping[str, object], exchange: Exchange) -> str:
    message = exchange.message
    payload = message.payload if message else None
    if isinstance(payload, dict) and "csr" in payload:
        return f"Finalize: the certificate request is handed in; the order is {reply.get('status')} (section 7.4)"
    names = ", ".join(str(each.get("value")) for each in _dicts(reply.get("identifiers")))
    what = "Order" if payload is None else "New order"
    return f"{what} for {names}: {reply.get('status')} (section 7.4)"


def _authorization(reply: Mapping[str, object], _: Exchange) -> str:
    identifier = reply["identifier"]
    name = identifier.get("value") if isinstance(identifier, dict) else identifier
    wildcard = "*." if reply.get("wildcard") else ""
    challenges = sorted(f"{each.get('type')} {each.get('status')}" for each in _dicts(reply.get("challenges")))
    offered = ", ".join(challenges)
    return f"Authorization for {wildcard}{name}: {reply.get('status')}; challenges: {offered} (section 7.5)"


def _challenge(reply: Mapping[str, object], _: Exchange) -> str:
    return f"Challenge {reply.get('type')}: the CA may look now; it is {reply.get('status')} (section 7.5.1)"


def _account(reply: Mapping[str, object], exchange: Exchange) -> str:
    new = "New account" if exchange.status == 201 else "Account"
    url = next((value for name, value in exchange.headers if name == "Location"), exchange.url)
    return f"{new} {url}: {reply.get('status')} (section 7.3)"


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
    type_ = str(reply.get("type", exchange.status)).removeprefix(NAMESPACE)
    again = "; once more with the nonce that came with that (section 6.5)" if type_ == "badNonce" else ""
    return f"Refused, {type_}: {str(reply.get('detail', 'without a word'))!r}{again}"


def _members(exchange: Exchange) -> Mapping[str, object]:
    try:
        reply = json.loads(exchange.received)
    except ValueError:
        return {}
    return reply if isinstance(reply, dict) else {}


def _dicts(value: object) -> list[dict[str, object]]:
    return [each for each in value if isinstance(each, dict)] if isinstance(value, list) else []


Tell = Callable[[Mapping[str, object], Exchange], str]

_BY_MEMBER: dict[str, Tell] = {
    "newNonce": _directory,
    "finalize": _order,
    "identifier": _authorization,
    "token": _challenge,
    "key": _account,
    "contact": _account,
    "orders": _orders,
}
_BY_NAME: dict[str, Tell] = {"newNonce": _nonce, "newAccount": _account, "revokeCert": _revocation}
