"""Whatever a spec wants: what is asked for and issued satisfies it, so it is never issued again."""

import base64
import copy
import datetime
import ipaddress
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from hypothesis import given, settings
from hypothesis import strategies as st

from certmanager.apis import annotations, certificate, certificate_request, secret
from certmanager.apis.certificate import Certificate
from certmanager.apis.certificate_request import CertificateRequest
from certmanager.apis.secret import Secret
from certmanager.controllers.certificates.csr import signing_request
from certmanager.controllers.certificates.keymanager import name_of_next_key
from certmanager.controllers.certificates.requestmanager import request_body
from certmanager.issuers import ca
from certmanager.issuers.ca import SigningPair
from certmanager.issuers.response import IssueResponse
from certmanager.pki import keys, requests
from certmanager.pki.certificates import Validity
from certmanager.pki.errors import PkiError
from certmanager.pki.keys import PrivateKey
from certmanager.pki.templates import Grant
from certmanager.policies import chain, target_secret
from certmanager.policies.match import request_differences
from certmanager.policies.state import State
from certmanager.policies.target_secret import Issued
from tests.certmanager.builders import DAY, NOW, SPEC, a_certificate, meta
from tests.certmanager.scenarios import ca_pair

PAIR = SigningPair.of(ca_pair())
KEYS = {algorithm: keys.generate(algorithm) for algorithm in keys.Algorithm}

words = st.from_regex(r"[a-z0-9]{1,12}", fullmatch=True)
domains = st.lists(words, min_size=1, max_size=3).map(".".join)
several = st.lists(words, max_size=2, unique=True)
subjects = st.fixed_dictionaries(
    {},
    optional={
        "organizations": several,
        "organizationalUnits": several,
        "countries": st.lists(st.sampled_from(["AT", "IT"]), max_size=1),
        "localities": several,
        "provinces": several,
        "streetAddresses": several,
        "postalCodes": several,
        "serialNumber": words,
    },
)
names = st.fixed_dictionaries(
    {"dnsNames": st.lists(domains, min_size=1, max_size=4, unique=True)},
    optional={
        "ipAddresses": st.lists(st.ip_addresses().map(str), max_size=3, unique=True),
        "uris": st.lists(domains.map(lambda name: f"spiffe://{name}/x"), max_size=2, unique=True),
        "emailAddresses": st.lists(domains.map(lambda name: f"a@{name}"), max_size=2, unique=True),
    },
)
subject_names = st.one_of(
    st.fixed_dictionaries({}, optional={"commonName": words, "subject": subjects}),
    st.lists(words, min_size=1, max_size=3).map(
        lambda parts: {"literalSubject": ",".join(f"CN={one}" for one in parts)}
    ),
)
other = st.fixed_dictionaries(
    {"privateKey": st.sampled_from(list(keys.Algorithm)).map(lambda algorithm: {"algorithm": algorithm.value})},
    optional={
        "usages": st.lists(
            st.sampled_from(["digital signature", "key encipherment", "server auth", "client auth", "code signing"]),
            unique=True,
        ),
        "isCA": st.booleans(),
        "duration": st.integers(1, 9000).map(lambda hours: f"{hours}h"),
        "encodeUsagesInRequest": st.booleans(),
        "nameConstraints": st.just(
            {"critical": True, "permitted": {"dnsDomains": ["a.test"], "ipRanges": ["10.0.0.0/8"]}}
        ),
        "issuerRef": st.sampled_from(["Issuer", "ClusterIssuer"]).map(lambda kind: {"name": "i", "kind": kind}),
        "additionalOutputFormats": st.just([{"type": "DER"}, {"type": "CombinedPEM"}]),
        "secretTemplate": st.just({"labels": {"a": "b"}, "annotations": {"c": "d"}}),
    },
)
specs = st.tuples(names, subject_names, other).map(lambda parts: SPEC | parts[0] | parts[1] | parts[2])


def asked(wanted: Certificate) -> CertificateRequest:
    """The request for it, as the API server stores it."""
    pem = requests.to_pem(signing_request(wanted.spec, key_of(wanted)))
    body = request_body(wanted, 1, pem, "key")
    return certificate_request.parse(body | {"metadata": meta("cert-1", annotations=body["metadata"]["annotations"])})


def key_of(wanted: Certificate) -> PrivateKey:
    return KEYS[wanted.spec.private_key.algorithm]


def issued(request: CertificateRequest) -> IssueResponse:
    validity = Validity(NOW, NOW + (request.spec.duration or 90 * DAY))
    return ca.issue(request.spec.request, PAIR, Grant(validity, request.spec.usages, request.spec.is_ca), 1)


def stored(wanted: Certificate, request: CertificateRequest, response: IssueResponse) -> tuple[Secret, dict[str, Any]]:
    """The Secret as the API server stores it, and what was applied."""
    issuer = request.spec.issuer_ref
    origin = {
        annotations.CERTIFICATE_NAME: wanted.metadata.name,
        annotations.ISSUER_NAME: issuer.name,
        annotations.ISSUER_KIND: issuer.kind,
        annotations.ISSUER_GROUP: issuer.group,
    }
    pem = keys.to_pem(key_of(wanted), wanted.spec.private_key.encoding)
    body = target_secret.wanted("tls", wanted.spec, Issued(pem, response.certificate, response.ca, origin), None, {})
    parts = body["metadata"]
    fields: dict[str, Any] = {
        f"f:{part}": {f"f:{name}": {} for name in parts[part]} for part in ("labels", "annotations")
    }
    managed = {
        "manager": target_secret.FIELD_MANAGER,
        "operation": "Apply",
        "fieldsV1": {"f:metadata": fields, "f:data": {f"f:{name}": {} for name in body["data"]}},
    }
    return secret.parse(body | {"metadata": meta("tls") | parts | {"managedFields": [managed]}}), body


@settings(deadline=None, max_examples=60)
@given(specs)
def test_what_is_issued_satisfies_the_spec_and_is_not_issued_again(spec: dict[str, Any]) -> None:
    wanted = a_certificate(**spec)
    request = asked(wanted)
    assert request_differences(request, wanted.spec) == []
    response = issued(request)
    there, applied = stored(wanted, request, response)
    for current in (request, None):  # with the request that led to it, and without
        state = State(wanted, there, current)
        literal = current is None and wanted.spec.literal_subject
        if not literal:  # its common name may not be in the spec's words
            assert chain.first_violation(chain.trigger(lambda: NOW), state) is None
            assert chain.first_violation(chain.readiness(lambda: NOW), state) is None
    assert target_secret.is_as(there, applied)


@given(specs, specs)
@settings(deadline=None, max_examples=30)
def test_another_spec_is_satisfied_only_if_it_wants_the_same(one: dict[str, Any], other_spec: dict[str, Any]) -> None:
    request = asked(a_certificate(**one))
    same = request_differences(asked(a_certificate(**other_spec)), a_certificate(**one).spec) == []
    assert (request_differences(request, a_certificate(**other_spec).spec) == []) == same


class TestTheRequest:
    def test_keeps_the_order_of_names(self) -> None:
        wanted = a_certificate(dnsNames=["z.test", "a.test"], ipAddresses=["127.0.0.2", "127.0.0.1"])
        csr = signing_request(wanted.spec, key_of(wanted))
        asked_for = csr.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
        assert asked_for.get_values_for_type(x509.DNSName) == ["z.test", "a.test"]
        assert asked_for.get_values_for_type(x509.IPAddress) == [
            ipaddress.ip_address("127.0.0.2"),
            ipaddress.ip_address("127.0.0.1"),
        ]

    @pytest.mark.parametrize(
        ("private_key", "signature", "hash_"),
        [
            ({"algorithm": "ECDSA"}, None, hashes.SHA256),
            ({"algorithm": "ECDSA", "size": 384}, None, hashes.SHA384),
            ({"algorithm": "ECDSA", "size": 521}, None, hashes.SHA512),
            ({"algorithm": "ECDSA"}, "ECDSAWithSHA512", hashes.SHA512),
            ({"algorithm": "RSA"}, None, hashes.SHA256),
            ({"algorithm": "RSA"}, "SHA384WithRSA", hashes.SHA384),
            ({"algorithm": "RSA", "size": 3072}, None, hashes.SHA384),
            ({"algorithm": "RSA", "size": 4096}, None, hashes.SHA512),
        ],
    )
    def test_is_signed_as_the_spec_says_or_as_the_key_s_size_does(
        self, private_key: dict[str, Any], signature: str | None, hash_: type[hashes.HashAlgorithm]
    ) -> None:
        spec = a_certificate(privateKey=private_key, signatureAlgorithm=signature).spec
        size = spec.private_key.size
        key: PrivateKey = (
            rsa.generate_private_key(65537, size)
            if private_key["algorithm"] == "RSA"
            else keys.generate(keys.Algorithm.ECDSA, size)
        )
        csr = signing_request(spec, key)
        assert isinstance(csr.signature_hash_algorithm, hash_)

    @pytest.mark.parametrize(
        "spec",
        [{"dnsNames": ["bücher.test"]}, {"ipAddresses": ["none"]}, {"commonName": "x" * 65}, {"literalSubject": "CN"}],
    )
    def test_can_not_be_made_of_everything(self, spec: dict[str, Any]) -> None:
        wanted = a_certificate(**spec)
        with pytest.raises(PkiError):
            signing_request(wanted.spec, key_of(wanted))

    def test_has_a_name_that_follows_from_certificate_and_revision(self) -> None:
        name = request_body(a_certificate(), 7, b"", "key")["metadata"]["name"]
        assert name == "cert-7"
        longest = request_body(a_certificate("x" * 253), 10**18, b"", "key")["metadata"]["name"]
        assert len(longest) == 253
        assert longest.startswith("x" * 168 + "-")

    def test_has_the_annotations_of_its_certificate_but_for_those_of_tools(self) -> None:
        noted = {"mine": "yes", "kubectl.kubernetes.io/last-applied-configuration": "{}", "fluxcd.io/x": "y"}
        body = {"metadata": meta("cert", annotations=noted, labels={"a": "b"}), "spec": SPEC}
        metadata = request_body(certificate.parse(body), 1, b"", "key")["metadata"]
        assert metadata["labels"] == {"a": "b"}
        assert metadata["annotations"] == {
            "mine": "yes",
            "cert-manager.io/certificate-name": "cert",
            "cert-manager.io/certificate-revision": "1",
            "cert-manager.io/private-key-secret-name": "key",
        }


class TestTheNextKey:
    def test_has_a_name_of_its_own_for_each_revision_that_looks_like_a_generated_one(self) -> None:
        first, again, second = (
            name_of_next_key(a_certificate(status={"revision": revision})) for revision in (1, 1, 2)
        )
        assert first == again != second
        assert len(first) == len("cert-") + 5
        assert len(name_of_next_key(a_certificate("x" * 253))) == 63


def test_the_secret_is_not_as_it_should_be_once_something_in_it_differs() -> None:
    wanted = a_certificate(secretTemplate={"labels": {"a": "b"}})
    request = asked(wanted)
    there, body = stored(wanted, request, issued(request))
    applied = copy.deepcopy(body)
    applied["metadata"]["labels"]["a"] = "c"
    assert not target_secret.is_as(there, applied)
    del applied["metadata"]["labels"]["a"]  # we have applied it before, so it has to go
    assert not target_secret.is_as(there, applied)
    applied["metadata"]["labels"]["a"] = "b"
    assert target_secret.is_as(there, applied)
    applied["data"]["key.der"] = base64.b64encode(b"new").decode()
    assert not target_secret.is_as(there, applied)


def test_annotations_quote_what_has_a_comma_as_csv_does() -> None:
    wanted = a_certificate(subject={"organizations": ["Ice, Cream", "Cones"]}, uris=["x://y"], ipAddresses=["::1"])
    noted = stored(wanted, asked(wanted), issued(asked(wanted)))[1]["metadata"]["annotations"]
    assert noted["cert-manager.io/subject-organizations"] == '"Ice, Cream",Cones'
    assert noted["cert-manager.io/ip-sans"] == "::1"
    assert noted["cert-manager.io/uri-sans"] == "x://y"
    assert "cert-manager.io/subject-countries" not in noted


def test_time_alone_makes_it_due() -> None:
    wanted = a_certificate(duration="3h")
    request = asked(wanted)
    there, _ = stored(wanted, request, issued(request))
    due = chain.first_violation(chain.trigger(lambda: NOW + datetime.timedelta(hours=2)), State(wanted, there, request))
    assert due
    assert due.reason == "Renewing"
