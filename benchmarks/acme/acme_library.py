"""The `acme` library, used as its own example has it: threads, `requests`, its polling, its solver in a thread."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from acme import challenges, client, crypto_util, messages, standalone
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from josepy.jwa import ES256
from josepy.jwk import JWKEC

from benchmarks.acme.measurement import CA, Measurement

DONE = object()


class CountingNetwork(client.ClientNetwork):
    """The library's network, that counts requests."""

    sent = 0

    def _send_request(self, *arguments: Any, **named: Any) -> Any:
        self.sent += 1
        return super()._send_request(*arguments, **named)


class Applicant:
    """One account with its own connections; the library shares none between threads."""

    def __init__(self, ca: CA, resources: set[Any]) -> None:
        self.key = JWKEC(key=ec.generate_private_key(ec.SECP256R1()))
        self.network = CountingNetwork(self.key, alg=ES256, verify_ssl=ca.ca_file)  # type: ignore[arg-type]  # `requests` takes both
        directory = client.ClientV2.get_directory(ca.directory_url, self.network)
        self.client = client.ClientV2(directory, self.network)
        self.client.new_account(messages.NewRegistration.from_data(terms_of_service_agreed=True))
        self.resources = resources

    def issue(self, name: str) -> None:
        """A certificate for a new key."""
        key = ec.generate_private_key(ec.SECP256R1()).private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        order = self.client.new_order(crypto_util.make_csr(key, [name]))
        for authorization in order.authorizations:
            for challenge in authorization.body.challenges:
                if isinstance(challenge.chall, challenges.HTTP01):
                    response, validation = challenge.response_and_validation(self.key)
                    resource = standalone.HTTP01RequestHandler.HTTP01Resource(challenge.chall, response, validation)
                    self.resources.add(resource)
                    self.client.answer_challenge(challenge, response)
        x509.load_pem_x509_certificates(self.client.poll_and_finalize(order).fullchain_pem.encode())


def run(ca: CA, at_a_time: int, count: int) -> Measurement:
    """Issue `count` certificates."""
    resources: set[Any] = set()
    solver = standalone.HTTP01Server(("127.0.0.1", ca.http_port), resources)
    thread = threading.Thread(target=solver.serve_forever)
    thread.start()
    try:
        return _run(ca, resources, at_a_time, count)
    finally:
        solver.shutdown()
        solver.server_close()
        thread.join()


def _run(ca: CA, resources: set[Any], at_a_time: int, count: int) -> Measurement:
    applicants = [Applicant(ca, resources) for _ in range(at_a_time)]
    result, before = Measurement(at_a_time), sum(applicant.network.sent for applicant in applicants)
    numbers = iter(range(count))

    def worker(applicant: Applicant) -> None:
        while (number := next(numbers, DONE)) is not DONE:
            began = time.perf_counter()
            applicant.issue(f"t{number}.example.test")
            result.durations.append(time.perf_counter() - began)

    with result, ThreadPoolExecutor(at_a_time) as pool:
        list(pool.map(worker, applicants))
    result.requests = sum(applicant.network.sent for applicant in applicants) - before
    return result
