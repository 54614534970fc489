"""TLS handshakes without a network: two ends of OpenSSL, each with what the other has written."""

import ssl

from cryptography import x509

from icecream_operator.webhook.self_signed_ca import SERVICE


def trusting(bundle: bytes) -> ssl.SSLContext:
    """A client's context that trusts this CA alone."""
    return ssl.create_default_context(cadata=bundle.decode())


def serial_of(connection: ssl.SSLObject | ssl.SSLSocket) -> int:
    """The serial number of the certificate that the other end has shown."""
    certificate = connection.getpeercert(binary_form=True)
    assert certificate
    return x509.load_der_x509_certificate(certificate).serial_number


class Handshake:
    """One that a test may stop in the middle."""

    def __init__(self, server: ssl.SSLContext, client: ssl.SSLContext, name: str = SERVICE) -> None:
        to_server, to_client = ssl.MemoryBIO(), ssl.MemoryBIO()
        self._client = client.wrap_bio(to_client, to_server, server_hostname=name)
        self._server = server.wrap_bio(to_server, to_client, server_side=True)
        self._go_on(self._client)

    def finish(self) -> int:
        """Go on to the end, and return the serial number of the certificate that the client has seen."""
        while not all([self._go_on(self._server), self._go_on(self._client)]):
            pass
        return serial_of(self._client)

    @staticmethod
    def _go_on(end: ssl.SSLObject) -> bool:
        """Whether that end is done."""
        try:
            end.do_handshake()
        except ssl.SSLWantReadError:
            return False
        return True
