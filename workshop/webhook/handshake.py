"""A TLS handshake as the API server does it, one question at a time: is there one, who signed, for whom, until when.

Each question is a handshake of its own, with one condition more than the one before. Python's OpenSSL is asked to judge
as Go's crypto/tls does: TLS 1.2 at least (Python's default), no common names, what is in the bundle itself is trusted.
"""

import datetime
import socket
import ssl
from collections.abc import Sequence
from dataclasses import dataclass

from cryptography import x509

from certmanager.pki import certificates
from certmanager.pki.names import AltNames
from workshop.webhook.configuration import subjects
from workshop.webhook.errors import FaultError

_NO_CHECK_TIME = 0x200000  # X509_V_FLAG_NO_CHECK_TIME (openssl/x509_vfy.h)
_NOT_YET_VALID, _EXPIRED, _PURPOSE = 9, 10, 26  # X509_V_ERR_…
_TOO_OLD = ("TLSV1_ALERT_PROTOCOL_VERSION", "UNSUPPORTED_PROTOCOL")
_NO_TLS = ("WRONG_VERSION_NUMBER", "HTTP_REQUEST", "UNKNOWN_PROTOCOL", "PACKET_LENGTH_TOO_LONG", "RECORD_LAYER_FAILURE")


@dataclass(frozen=True)
class Endpoint:
    """Where to connect, the name that the certificate must have, the CAs that are trusted, and a limit in seconds."""

    host: str
    port: int
    server_name: str
    bundle: Sequence[x509.Certificate]
    timeout: float
    new_certificate: str  # the remedy that makes one

    def connect(self) -> socket.socket:
        """Connect, by TCP alone.

        Raises:
            FaultError: nobody is there.
        """
        try:
            return socket.create_connection((self.host, self.port), timeout=self.timeout)
        except OSError as error:
            what = f"nothing answers at {self.host}:{self.port}: {error.strerror or error}"
            remedy = (
                "workshop run operator --webhook, or if it runs: is it at that port? (workshop webhook install --port)"
            )
            raise FaultError("connection", what, remedy) from None

    def shake_hands(self) -> tuple[str, x509.Certificate]:
        """Return the version of TLS and the server's certificate, whatever that is worth.

        Raises:
            FaultError: there is no handshake.
        """
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        try:
            with self._wrapped(context) as connection:
                encoded = connection.getpeercert(binary_form=True)
                assert encoded, "a server always has a certificate"
                return str(connection.version()), x509.load_der_x509_certificate(encoded)
        except (OSError, ValueError) as error:
            raise FaultError("handshake", *self._no_handshake(error)) from None

    def verify_chain(self, leaf: x509.Certificate) -> None:
        """Check that the certificate leads to the bundle, whatever its names and dates are.

        Raises:
            FaultError: it doesn't.
        """
        error = self._verification_error(name=False, time=False)
        if error is None:
            return
        issuer = leaf.issuer.rfc4514_string()
        if error.verify_code == _PURPOSE:
            what = "the certificate isn't for a server: its extended key usage lacks server auth"
            raise FaultError("chain", what, self.new_certificate)
        what = f"the certificate is signed by {issuer}, the bundle has {subjects(self.bundle)}: {error.verify_message}"
        if leaf.issuer in {authority.subject for authority in self.bundle}:
            what = f"the certificate is signed by another {issuer} than that in the bundle: {error.verify_message}"
        raise FaultError("chain", what, "workshop webhook install, which puts the present ca.crt into the bundle")

    def verify_name(self, leaf: x509.Certificate) -> None:
        """Check that the certificate is for the server's name.

        Raises:
            FaultError: it is for others.
        """
        if self._verification_error(name=True, time=False):  # the chain has been verified
            names = AltNames.of(leaf)
            present = sorted(names.dns_names) + sorted(map(str, names.ip_addresses))
            what = f"the certificate isn't for {self.server_name}, but for {', '.join(present) or 'no name at all'}"
            raise FaultError("name", what, self.new_certificate)

    def verify_validity(self, leaf: x509.Certificate, now: datetime.datetime) -> None:
        """Check that the certificate and its CA are valid.

        Raises:
            FaultError: one isn't.
        """
        error = self._verification_error(name=True, time=True)
        if error is None:
            return
        whose = "it" if not leaf.not_valid_before_utc <= now <= leaf.not_valid_after_utc else "a CA above it"
        what = f"{whose} can't be verified: {error.verify_message}"
        if error.verify_code == _EXPIRED:
            until = f" at {leaf.not_valid_after_utc:%Y-%m-%d %H:%M:%S} UTC" if whose == "it" else ""
            what = f"{whose} has expired{until}"
        elif error.verify_code == _NOT_YET_VALID:
            since = f" before {leaf.not_valid_before_utc:%Y-%m-%d %H:%M:%S} UTC" if whose == "it" else ""
            what = f"{whose} isn't valid{since or ' yet'}; here it is {now:%Y-%m-%d %H:%M:%S} UTC"
        raise FaultError("validity", what, self.new_certificate)

    def open(self) -> ssl.SSLSocket:
        """Connect as the API server does, with all that it asks for.

        Raises:
            OSError: there is no such connection.
        """
        return self._wrapped(self._context(name=True, time=True))

    def _verification_error(self, *, name: bool, time: bool) -> ssl.SSLCertVerificationError | None:
        try:
            with self._wrapped(self._context(name=name, time=time)):
                return None
        except ssl.SSLCertVerificationError as error:
            return error
        except OSError as error:  # it came about a moment ago
            raise FaultError("handshake", *self._no_handshake(error)) from None

    def _context(self, *, name: bool, time: bool) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname = name
        context.hostname_checks_common_name = False
        context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
        if not time:
            context.verify_flags |= _NO_CHECK_TIME
        context.load_verify_locations(cadata=certificates.to_pem(*self.bundle).decode())
        return context

    def _wrapped(self, context: ssl.SSLContext) -> ssl.SSLSocket:
        connection = self.connect()
        try:
            return context.wrap_socket(connection, server_hostname=self.server_name)
        except BaseException:
            connection.close()
            raise

    def _no_handshake(self, error: Exception) -> tuple[str, str]:
        where = f"{self.host}:{self.port}"
        reason = getattr(error, "reason", None) or str(error) or type(error).__name__
        if reason in _TOO_OLD:
            return f"{where} speaks TLS 1.1 or older only, and the API server TLS 1.2 at least", "serve TLS 1.2 or 1.3"
        if reason in _NO_TLS:
            return f"what listens at {where} doesn't speak TLS", "let the operator listen there, and nobody else"
        if isinstance(error, TimeoutError):
            return f"{where} takes the connection and says nothing for {self.timeout:g} s", "look at the operator's log"
        return f"{where} breaks the handshake off: {reason}", "look at the operator's log"
