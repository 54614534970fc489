"""Small real servers in the webhook's place, each right but for one thing, and the certificates that they serve."""

import contextlib
import datetime
import http.server
import json
import ssl
import threading
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from cryptography import x509

from certmanager.pki import certificates, keys, requests
from certmanager.pki.certificates import Authority, Validity
from certmanager.pki.names import AltNames, Subject

NAME = "demooperator-webhook-service.demooperator-system.svc"
PATH = "/validate-demo-lva-io-v1-icecream"
NOW = datetime.datetime.now(datetime.UTC)
_HOUR = datetime.timedelta(hours=1)
VALID = Validity(NOW - _HOUR, NOW + 24 * _HOUR)
EXPIRED = Validity(NOW - 2 * _HOUR, NOW - _HOUR)
NOT_YET_VALID = Validity(NOW + _HOUR, NOW + 2 * _HOUR)
FOR_SERVERS = ("digital signature", "server auth")

Answer = Callable[[dict[str, Any]], Any]  # of a server to the review that it is sent


def authority(name: str = "a CA", validity: Validity = VALID) -> Authority:
    key = keys.generate()
    request = requests.create(key, AltNames(), Subject(common_name=name))
    return Authority(certificates.self_signed(request, key, validity, is_ca=True), key)


def write_pair(
    folder: Path,
    ca: Authority,
    *,
    names: tuple[str, ...] = (NAME,),
    validity: Validity = VALID,
    usages: tuple[str, ...] = FOR_SERVERS,
    bundle: Authority | None = None,
) -> x509.Certificate:
    """Write what an operator serves, and the CA by which it is known: `bundle` where that is another one."""
    key = keys.generate()
    request = requests.create(key, AltNames(frozenset(names)), Subject(common_name=NAME))
    leaf = certificates.signed_by(ca, request, validity, usages)
    folder.mkdir(exist_ok=True)
    (folder / "tls.crt").write_bytes(certificates.to_pem(leaf))
    (folder / "tls.key").write_bytes(keys.to_pem(key))
    (folder / "ca.crt").write_bytes(certificates.to_pem((bundle or ca).certificate))
    return leaf


def allow(review: dict[str, Any]) -> dict[str, Any]:
    response = {"uid": review["request"]["uid"], "allowed": True}
    return {"apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview", "response": response}


def deny(review: dict[str, Any]) -> dict[str, Any]:
    answer = allow(review)
    answer["response"] |= {"allowed": False, "status": {"message": "there is no icecream today"}}
    return answer


@contextlib.contextmanager
def serving(
    folder: Path, answer: Answer = allow, *, path: str = PATH, tls: str = "TLSv1_3", status: int = 200
) -> Iterator[int]:
    """A server with the pair in `folder`, on a port of its own; `tls` is the newest version that it speaks."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "tls.crt", folder / "tls.key")
    context.set_ciphers("ALL:@SECLEVEL=0")  # TLS 1.1 and older signs with SHA-1
    context.minimum_version = ssl.TLSVersion.MINIMUM_SUPPORTED
    with warnings.catch_warnings():  # TLS 1.1 is deprecated, which is what this is about
        warnings.simplefilter("ignore", DeprecationWarning)
        context.maximum_version = ssl.TLSVersion[tls]
    with _threaded(_handler(path, answer, status)) as server:
        server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
        yield server.server_port


@contextlib.contextmanager
def serving_without_tls() -> Iterator[int]:
    with _threaded(_handler(PATH, allow, 200)) as server:
        yield server.server_port


class _Server(http.server.ThreadingHTTPServer):
    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing: that handshakes and requests fail here is what the tests are about."""


@contextlib.contextmanager
def _threaded(handler: type[http.server.BaseHTTPRequestHandler]) -> Iterator[_Server]:
    server = _Server(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def _handler(served: str, answer: Answer, status: int) -> type[http.server.BaseHTTPRequestHandler]:
    class Handler(http.server.BaseHTTPRequestHandler):
        timeout = 10

        def do_POST(self) -> None:
            review = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            if self.path.partition("?")[0] != served:
                self.send_error(404)
                return
            body = json.dumps(answer(review)).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None: ...

    return Handler
