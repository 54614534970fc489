"""What users do with certificates, for the runs in which the controllers are killed, behind, or don't see something."""

import base64
import datetime
from collections.abc import Callable, Sequence
from pathlib import Path

from cryptography import x509

from certmanager.pki import certificates, keys, requests
from certmanager.pki.certificates import Validity
from certmanager.pki.names import AltNames, Subject
from tests.certmanager.namespace import Body, Namespace
from workshop.faults.scenario import Process, Scenario

Act = Callable[[], object]


def ca_pair() -> dict[str, bytes]:
    """A root's pair, as in a Secret."""
    key, now = keys.generate(), datetime.datetime.now(datetime.UTC)
    request = requests.create(key, AltNames(), Subject("root"))
    validity = Validity(now, now + datetime.timedelta(days=365))
    root = certificates.self_signed(request, key, validity, is_ca=True)
    return {"tls.crt": certificates.to_pem(root), "tls.key": keys.to_pem(key)}


class Users:
    """Makes scenarios. `start` starts the controllers with a kubeconfig."""

    def __init__(self, namespace: Namespace, start: Callable[[Path], Process]) -> None:
        self._namespace = namespace
        self._start = start

    def scenarios(self) -> list[Scenario]:
        """All of them; in the end there is one Certificate, and nothing of an issuance is left."""
        a, order = self._namespace, self._order
        other_names = {"spec": {"dnsNames": ["b.test"]}}
        return [
            self._scenario("a certificate is ordered", [order]),
            self._scenario("its names are changed", [order], lambda: a.patch("Certificate", "cert", other_names)),
            self._scenario("its Secret is deleted", [order], lambda: a.delete("Secret", "tls")),
            self._scenario("the CA's Secret comes late", [self._order_from_ca], lambda: a.put_secret("ca", ca_pair())),
        ]

    def _order(self) -> None:
        self._namespace.issuer()
        self._namespace.certificate()

    def _order_from_ca(self) -> None:
        self._namespace.issuer(spec={"ca": {"secretName": "ca"}})
        self._namespace.certificate()

    def _scenario(self, name: str, before: Sequence[Act], *steps: Act) -> Scenario:
        return Scenario(
            name=name,
            start=self._start,
            settled=self._settled,
            end=self._end,
            mark=self._mark,
            unmark=lambda marker: self._namespace.delete("Certificate", marker),
            clean_up=self._namespace.delete_all,
            before=before,
            steps=steps,
        )

    def _settled(self) -> None:
        a = self._namespace
        issuer = a.get("Issuer", "issuer")
        assert issuer
        if "ca" in issuer["spec"] and a.get("Secret", "ca") is None:
            ready = a.condition("CertificateRequest", "cert-1", "Ready")
            assert ready
            assert ready[1] == "Pending"
            return
        certificate = a.get("Certificate", "cert")
        assert certificate
        revision = (certificate.get("status") or {}).get("revision", 1)
        a.issued("cert", revision)
        assert a.names("CertificateRequest") == [f"cert-{revision}"]
        assert [secret for secret in a.names("Secret") if secret != "ca"] == ["tls"]
        assert AltNames.of(a.leaf()).dns_names == set(certificate["spec"]["dnsNames"])

    def _end(self) -> object:
        """All that there is, but for what differs from run to run."""
        a = self._namespace
        certificate, issuer = a.get("Certificate", "cert"), a.get("Issuer", "issuer")
        assert certificate
        assert issuer
        status = certificate.get("status", {})
        return {
            "certificate": (_conditions(certificate), sorted(status), status.get("revision")),
            "issuer": _conditions(issuer),
            "requests": {
                name: _conditions(a.get("CertificateRequest", name)) for name in a.names("CertificateRequest")
            },
            "secrets": {name: _secret(a.get("Secret", name)) for name in a.names("Secret")},
        }

    def _mark(self, name: str) -> int:
        """Create a Certificate on a Secret that is another's: it is said not to be ready, and nothing is made."""
        created = self._namespace.certificate(name)
        return int(created["metadata"]["resourceVersion"])


def _conditions(body: Body | None) -> object:
    assert body
    conditions = body.get("status", {}).get("conditions", ())
    return sorted((one["type"], one["status"], one["reason"], one.get("message", "")) for one in conditions)


def _secret(body: Body | None) -> object:
    """Its form, and whether it is a pair."""
    assert body
    pem = {name: base64.b64decode(value) for name, value in body["data"].items()}
    if "tls.crt" not in pem:
        return sorted(pem)  # a next key
    leaf, key = x509.load_pem_x509_certificate(pem["tls.crt"]), keys.from_pem(pem["tls.key"])
    metadata = body["metadata"]
    is_pair = keys.same_public_key(leaf.public_key(), key.public_key())
    return sorted(pem), body["type"], metadata.get("labels"), metadata.get("annotations"), is_pair
