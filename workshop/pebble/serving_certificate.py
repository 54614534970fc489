"""Pebble's own HTTPS certificate. Its CA lives for one run and signs nothing else; its key is never written down."""

import datetime
import ipaddress
from dataclasses import dataclass

from certmanager.pki import certificates, keys, requests
from certmanager.pki.certificates import Authority, Validity
from certmanager.pki.names import AltNames, Subject

_LIFETIME = datetime.timedelta(days=30)
_NAMES = AltNames(frozenset({"localhost"}), frozenset({ipaddress.ip_address("127.0.0.1")}))


@dataclass(frozen=True)
class ServingCertificate:
    """A server's key and certificate, and the CA certificate by which a client trusts it; all in PEM."""

    key: bytes
    certificate: bytes
    ca: bytes


def generate(now: datetime.datetime) -> ServingCertificate:
    """A new one for `localhost` and 127.0.0.1."""
    validity = Validity(now - datetime.timedelta(minutes=5), now + _LIFETIME)
    ca_key, key = keys.generate(), keys.generate()
    ca_request = requests.create(ca_key, AltNames(), Subject(common_name="workshop: Pebble's own CA"))
    ca = certificates.self_signed(ca_request, ca_key, validity, is_ca=True)
    leaf = certificates.signed_by(
        Authority(ca, ca_key), requests.create(key, _NAMES), validity, ["digital signature", "server auth"]
    )
    return ServingCertificate(keys.to_pem(key), certificates.to_pem(leaf), certificates.to_pem(ca))
