"""The certificate with which the webhook is served: taken up from files, and replaced while it serves.

What is served is one `ssl.SSLContext`. A new pair of certificate and key is loaded into it in place: handshakes that
have begun go on with the old pair, the next one sees the new, and no connection ends. It is what controller-runtime's
certwatcher does, but for this: OpenSSL takes the certificate first and the key after it, so a pair that doesn't fit
would be half loaded. Therefore each pair is read once, tried on a context of its own, and loaded from what was read,
not from the files, which may have changed since.

The files are read once a second and compared by content. A watch (inotify) would tell sooner, but is lost with each
rename and is another thing on each system, so certwatcher has a poll beside it, and the kubelet needs a minute for a
Secret's files anyway. Two files of 2 kB cost a tenth of a millisecond, in a thread, since a disk may hang.
"""

import asyncio
import logging
import os
import ssl
import stat
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_private_key
from prometheus_client import CollectorRegistry, Counter, Gauge

CERTIFICATE, KEY = "tls.crt", "tls.key"  # as in a Secret of type kubernetes.io/tls
SIZE_LIMIT = 1 << 20  # bytes of a file; a Secret has no more
INTERVAL = 1.0  # seconds
logger = logging.getLogger(__name__)


class PairError(Exception):
    """The files aren't a certificate with its key. The message says what is wrong with which."""


class Pair(NamedTuple):
    """A certificate with the chain up to its CA, and its private key, in PEM."""

    certificate: bytes
    key: bytes


class CertWatcher:
    """Keeps `context` at the pair in a folder: `tls.crt` and `tls.key`, plain files or a Secret's mount.

    `loaded` is set as soon as there is a pair, and `certificate` is then the one that is served. A pair that can't be
    served leaves the old one in place. `on_refused` is called with what is wrong, once, if it is still so at the next
    look: whoever writes two files does so one after the other.
    """

    def __init__(
        self,
        folder: Path,
        registry: CollectorRegistry,
        on_refused: Callable[[str], None] = lambda _message: None,
        interval: float = INTERVAL,
    ) -> None:
        self.context = new_context()
        self.loaded = asyncio.Event()
        self.certificate: x509.Certificate | None = None
        self._folder = folder
        self._on_refused = on_refused
        self._interval = interval
        self._pair: Pair | None = None
        self._refused = ""  # why, at the last look
        self._reported = ""
        self._reads = Counter("certwatcher_read_certificate", "Reads of the certificate's files", registry=registry)
        self._read_errors = Counter(
            "certwatcher_read_certificate_errors", "Reads that brought no usable pair", registry=registry
        )
        self._expiry = Gauge(
            "certwatcher_certificate_expiry_seconds",
            "Unix time at which the certificate that is served expires; 0: none is served",
            registry=registry,
        )

    async def run(self) -> None:
        """Look again and again, for ever."""
        while True:
            await self.look()
            await asyncio.sleep(self._interval)

    async def wait_until_loaded(self) -> None:
        """Look until there is a pair."""
        while not self.loaded.is_set():
            await self.look()
            await asyncio.sleep(0 if self.loaded.is_set() else self._interval)

    async def look(self) -> None:
        """Take up the pair if it is another than the one that is served."""
        # Others are in a handshake with `self.context` meanwhile. What must never be in it, not even for an instant?
        raise NotImplementedError("exercise 4: take up the pair if it is another one")

    def _accept(self, pair: Pair, certificate: x509.Certificate) -> None:
        self._pair, self.certificate = pair, certificate
        self._expiry.set(certificate.not_valid_after_utc.timestamp())
        self.loaded.set()
        logger.info(
            "Serving the certificate with serial number %x, which expires at %s",
            certificate.serial_number,
            certificate.not_valid_after_utc,
        )

    def _refuse(self, reason: str) -> None:
        if reason == self._refused and reason != self._reported:
            consequence = "the old certificate is still served" if self._pair else "no certificate is served"
            logger.warning("%s; %s", reason, consequence)
            self._on_refused(f"{reason}; {consequence}")
            self._reported = reason
        self._refused = reason


def new_context() -> ssl.SSLContext:
    """Return a server's context without a certificate: TLS 1.2 at least."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context


def read(folder: Path) -> Pair:
    """Return what the files hold.

    Raises:
        PairError: there are no such files, or they can't be read.
    """
    return Pair(_content(folder / CERTIFICATE), _content(folder / KEY))


def check(pair: Pair) -> x509.Certificate:
    """Return the certificate of a pair that can be served; whether it is valid now is for clients to judge.

    Raises:
        PairError: it can't.
    """
    try:
        certificate = x509.load_pem_x509_certificates(pair.certificate)[0]
    except ValueError:
        raise PairError(f"{CERTIFICATE} holds no certificate in PEM, or only a part of one") from None
    try:
        key = load_pem_private_key(pair.key, password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm):  # the cause could quote the key
        raise PairError(f"{KEY} holds no unencrypted private key in PEM, or only a part of one") from None
    spki = Encoding.DER, PublicFormat.SubjectPublicKeyInfo
    if certificate.public_key().public_bytes(*spki) != key.public_key().public_bytes(*spki):
        raise PairError(f"{KEY} is not the key of the certificate in {CERTIFICATE}")
    try:
        load(pair, new_context())
    except ssl.SSLError as error:
        raise PairError(f"{CERTIFICATE} and {KEY} can't be served: {error.reason}") from error
    return certificate


def load(pair: Pair, context: ssl.SSLContext) -> None:
    """Have handshakes from now on use the pair.

    Raises:
        SSLError: they can't, and the context may now hold half of it.
    """
    with tempfile.NamedTemporaryFile() as file:  # OpenSSL takes files; this one is ours alone, and gone after it
        file.write(pair.key + b"\n" + pair.certificate)
        file.flush()
        context.load_cert_chain(file.name, password="")  # never ask at the terminal


def _content(path: Path) -> bytes:
    try:
        with open(path, "rb", opener=_without_waiting) as file:
            if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
                raise PairError(f"{path} is not a file")
            return file.read(SIZE_LIMIT)
    except OSError as error:
        raise PairError(f"{path} can't be read: {error.strerror}") from error


def _without_waiting(path: str, flags: int) -> int:
    return os.open(path, flags | os.O_NONBLOCK)  # a named pipe would keep us waiting
