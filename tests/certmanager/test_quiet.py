"""The controllers write what differs, once, and nothing else. Counted in the API server's audit log."""

from collections.abc import Callable

from tests.certmanager.namespace import Namespace
from workshop.testing import audit_log
from workshop.testing.operator_process import OperatorProcess

Start = Callable[..., OperatorProcess]


def test_a_certificate_costs_eight_writes(namespace: Namespace, start: Start) -> None:
    start(f"--namespace={namespace.name}")
    namespace.issuer()
    namespace.certificate()
    namespace.eventually_issued()
    namespace.settle()
    written = [f"{request.verb} {request.resource}" for request in namespace.writes()]
    assert sorted(written) == sorted(
        [
            "patch issuers/status",
            "create secrets",  # the next key
            "create certificaterequests",
            "patch certificates/status",  # Issuing, not Ready, nextPrivateKeySecretName
            "patch certificaterequests/status",  # Approved
            "patch certificaterequests/status",  # Ready
            "patch secrets",
            "patch certificates/status",  # revision, Ready
            "delete secrets",
        ]
    )


def test_a_restart_writes_nothing(namespace: Namespace, start: Start) -> None:
    namespace.issuer()
    namespace.certificate()
    namespace.certificate("second", dnsNames=["b.test"])  # on the same Secret: it never gets ready
    namespace.certificate("waiting", secretName="other", issuerRef={"name": "nobody"})
    first = start(f"--namespace={namespace.name}")
    namespace.eventually_issued()
    namespace.eventually("Certificate", "second", "Ready", "False", "IncorrectCertificate")
    namespace.eventually("CertificateRequest", "waiting-1", "Ready", "False", "Pending")
    namespace.settle()
    assert first.terminate() == 0
    namespace.since = audit_log.end(namespace.cluster)
    start(f"--namespace={namespace.name}")
    namespace.settle()
    assert namespace.writes() == []
