"""What is sent to ask for a certificate (RFC 8555 section 7.4)."""

import datetime

from certmanager.acme import order
from certmanager.acme.identifier import Identifier

NAMES = [Identifier.of(name) for name in ("b.test", "127.0.0.1", "a.test")]
DAY = datetime.datetime(2026, 1, 1, tzinfo=datetime.UTC)


def test_the_names_are_sent_in_one_order_whatever_theirs_was() -> None:
    a, b = {"type": "dns", "value": "a.test"}, {"type": "dns", "value": "b.test"}
    assert order.creation(NAMES) == {"identifiers": [a, b, {"type": "ip", "value": "127.0.0.1"}]}


def test_a_validity_is_asked_for_only_where_it_is_given() -> None:
    payload = order.creation(NAMES, DAY, DAY + datetime.timedelta(days=1))
    assert payload["notBefore"] == "2026-01-01T00:00:00+00:00"
    assert payload["notAfter"] == "2026-01-02T00:00:00+00:00"
