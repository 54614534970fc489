"""The control plane's own certificates: a CA, one for whoever serves or calls, and the key that signs tokens.

One CA for server and clients, as in the smallest of clusters. How a certificate is made is `certmanager.pki`'s
business; here stands who gets one, and where it lies.
"""

import datetime
import ipaddress
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from cryptography import x509

from certmanager.pki import certificates, files, keys, requests
from certmanager.pki.certificates import Validity
from certmanager.pki.names import AltNames, Subject

_LIFETIME = datetime.timedelta(days=3650)
_CLOCK_SKEW = datetime.timedelta(minutes=5)


@dataclass(frozen=True)
class KeyPair:
    """A certificate and its private key, where they lie as PEM files."""

    cert: Path
    key: Path


@dataclass(frozen=True)
class Authority:
    """A CA that can sign, and where it lies."""

    pair: KeyPair
    signer: certificates.Authority


def authority(folder: Path, now: datetime.datetime) -> Authority:
    """The CA in `folder`, made there the first time."""
    pair = KeyPair(folder / "ca.crt", folder / "ca.key")
    if not pair.cert.exists():
        key = keys.generate()
        request = requests.create(key, AltNames(), Subject(common_name="workshop-ca"))
        _write_pair(pair, certificates.self_signed(request, key, _validity(now), is_ca=True), key)
    certificate = x509.load_pem_x509_certificate(pair.cert.read_bytes())
    return Authority(pair, certificates.Authority(certificate, keys.from_pem(pair.key.read_bytes())))


def serving(ca: Authority, name: str, hosts: Sequence[str], now: datetime.datetime) -> KeyPair:
    """A certificate with which `name` serves under `hosts` (DNS names and IP addresses)."""
    return _leaf(ca, name, Subject(common_name=name), _alt_names(hosts), "server auth", now)


def client(ca: Authority, name: str, user: str, groups: Sequence[str], now: datetime.datetime) -> KeyPair:
    """A certificate with which a client is `user` in `groups` (common name and organizations of its subject)."""
    subject = Subject(common_name=user, organizations=tuple(groups))
    return _leaf(ca, name, subject, AltNames(), "client auth", now)


def service_account_key(folder: Path) -> Path:
    """The key that signs service accounts' tokens, made the first time; it is kept, so that tokens stay valid."""
    path = folder / "service-account.key"
    if not path.exists():
        # kube-apiserver finds the public key in SEC 1 files, not in PKCS #8 ones (keyutil.ParsePublicKeysPEM).
        files.write_atomically(path, keys.to_pem(keys.generate(), keys.Encoding.PKCS1))
    return path


def _leaf(ca: Authority, file: str, subject: Subject, names: AltNames, purpose: str, now: datetime.datetime) -> KeyPair:
    folder = ca.pair.cert.parent
    pair = KeyPair(folder / f"{file}.crt", folder / f"{file}.key")
    key = keys.generate()
    request = requests.create(key, names, subject)
    usages = ("digital signature", purpose)
    _write_pair(pair, certificates.signed_by(ca.signer, request, _validity(now), usages), key)
    return pair


def _validity(now: datetime.datetime) -> Validity:
    return Validity(now - _CLOCK_SKEW, now + _LIFETIME)


def _alt_names(hosts: Sequence[str]) -> AltNames:
    addresses = {host for host in hosts if host.replace(".", "").isdigit()}
    return AltNames(frozenset(hosts) - addresses, frozenset(ipaddress.ip_address(host) for host in addresses))


def _write_pair(pair: KeyPair, certificate: x509.Certificate, key: keys.PrivateKey) -> None:
    files.write_atomically(pair.key, keys.to_pem(key))
    files.write_atomically(pair.cert, certificates.to_pem(certificate))
