"""Why a certificate isn't ready, and why it must be issued: each check, their order, and the words of the answers."""

import datetime
import ipaddress
from collections.abc import Callable
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from hypothesis import given
from hypothesis import strategies as st

from certmanager.apis import annotations, certificate_spec
from certmanager.pki import chains, keys
from certmanager.pki.keys import Algorithm
from certmanager.pki.names import AltNames, Subject
from certmanager.policies import chain
from certmanager.policies.backoff import backoff
from certmanager.policies.match import certificate_differences, private_key_differences, request_differences
from certmanager.policies.ownership import owner
from certmanager.policies.renewal import renewal_time
from certmanager.policies.state import State, Violation
from tests.certmanager.builders import (
    DAY,
    KEY,
    NOW,
    OF_CERTIFICATE,
    SPEC,
    a_certificate,
    a_request,
    a_secret,
    signed,
)

HOUR = datetime.timedelta(hours=1)
OTHER = keys.generate()
GOOD = State(a_certificate(), a_secret(), a_request())
PEM = keys.to_pem(KEY)


def at(time: datetime.datetime) -> Callable[[], datetime.datetime]:
    return lambda: time


def violation(state: State, time: datetime.datetime = NOW) -> Violation | None:
    """What both chains say, which agree on all but the time."""
    triggered = chain.first_violation(chain.trigger(at(time)), state)
    assert triggered == chain.first_violation(chain.readiness(at(time)), state)
    return triggered


# In the order of the chain: each state violates also all checks that come after its own, as far as it can.
NOT_UP_TO_DATE = {
    "no Secret": (State(a_certificate()), "DoesNotExist", "Issuing certificate as Secret does not exist"),
    "no data": (
        State(a_certificate(), a_secret({}, {})),
        "MissingData",
        "Issuing certificate as Secret does not contain any data",
    ),
    "no key": (
        State(a_certificate(), a_secret({"tls.crt": b"rubbish"})),
        "MissingData",
        "Issuing certificate as Secret does not contain a private key",
    ),
    "no certificate": (
        State(a_certificate(), a_secret({"tls.key": b"rubbish", "tls.crt": b""})),
        "MissingData",
        "Issuing certificate as Secret does not contain a certificate",
    ),
    "rubbish for a key": (
        State(a_certificate(), a_secret({"tls.key": b"rubbish", "tls.crt": b"rubbish"})),
        "InvalidKeyPair",
        "Issuing certificate as Secret contains invalid private key data: not an unencrypted private key in PEM",
    ),
    "rubbish for a certificate": (
        State(a_certificate(), a_secret({"tls.key": PEM, "tls.crt": b"rubbish"})),
        "InvalidCertificate",
        "Issuing certificate as Secret contains an invalid certificate: not a chain of certificates in PEM",
    ),
    "another key": (
        State(
            a_certificate(issuerRef={"name": "other"}), a_secret({"tls.key": keys.to_pem(OTHER), "tls.crt": signed()})
        ),
        "InvalidKeyPair",
        "Issuing certificate as Secret contains a private key that does not match the certificate",
    ),
    "another issuer": (
        State(a_certificate("other", issuerRef={"name": "other"}), a_secret()),
        "IncorrectIssuer",
        'Issuing certificate as Secret was previously issued by "Issuer.cert-manager.io/issuer"',
    ),
    "another Certificate": (
        State(a_certificate("other", privateKey={"algorithm": "RSA"}), a_secret()),
        "IncorrectCertificate",
        'Secret was issued for "cert". If this message is not transient, '
        "you might have two conflicting Certificates pointing to the same secret.",
    ),
    "another algorithm": (
        State(a_certificate(privateKey={"algorithm": "RSA"}), a_secret(), a_request(OTHER)),
        "SecretMismatch",
        "Existing private key is not up to date for spec: [spec.privateKey.algorithm]",
    ),
    "a key that was not certified": (
        State(a_certificate(dnsNames=["b.test"]), a_secret(), a_request(OTHER)),
        "SecretMismatch",
        "Secret contains a private key that does not match the current CertificateRequest",
    ),
    "rubbish for a request": (
        State(a_certificate(dnsNames=["b.test"]), a_secret(), a_request(request="cnViYmlzaA==")),
        "InvalidCertificateRequest",
        "Failed to decode current CertificateRequest: not a certificate request in PEM",
    ),
    "other names": (
        State(a_certificate(dnsNames=["b.test"]), a_secret(), a_request()),
        "RequestChanged",
        "Fields on existing CertificateRequest resource not up to date: [spec.dnsNames]",
    ),
    "other names, and no request": (
        State(a_certificate(dnsNames=["b.test"]), a_secret()),
        "SecretMismatch",
        "Issuing certificate as Existing issued Secret is not up to date for spec: [spec.dnsNames]",
    ),
}


class TestTheChain:
    @pytest.mark.parametrize("name", NOT_UP_TO_DATE)
    def test_says_first_what_stands_first(self, name: str) -> None:
        state, reason, message = NOT_UP_TO_DATE[name]
        found = violation(state)
        assert found
        assert (found.reason, found.message.partition(": Unable to load PEM file")[0]) == (reason, message)

    @pytest.mark.parametrize(
        "state",
        [
            GOOD,
            State(a_certificate(), a_secret()),
            State(a_certificate(), a_secret(noted={}), a_request()),
        ],
        ids=["all is there", "the request is gone", "nobody has noted anything on it"],
    )
    def test_is_content_with_what_is_as_it_should_be(self, state: State) -> None:
        assert violation(state) is None

    @pytest.mark.parametrize(
        "noted",
        [
            {annotations.ISSUER_NAME: "other"},
            {annotations.ISSUER_KIND: "ClusterIssuer"},
            {annotations.ISSUER_GROUP: "example.com"},
        ],
    )
    def test_notices_each_annotation_that_names_another_issuer(self, noted: dict[str, str]) -> None:
        found = violation(State(a_certificate(), a_secret(noted=OF_CERTIFICATE | noted), a_request()))
        assert found
        assert found.reason == "IncorrectIssuer"

    def test_takes_an_annotation_that_is_not_there_for_the_default(self) -> None:
        noted = {annotations.ISSUER_NAME: "issuer"}
        assert violation(State(a_certificate(), a_secret(noted=noted), a_request())) is None

    def test_does_not_look_at_the_request_of_the_next_issuance(self) -> None:
        assert violation(State(a_certificate(), a_secret(), a_request(), a_request(OTHER))) is None


class TestTime:
    def test_two_thirds_through_it_is_renewed_and_still_ready(self) -> None:
        state = State(a_certificate(status={"renewalTime": "2027-01-24T12:00:00Z"}), a_secret(), a_request())
        assert violation(state, NOW + 60 * DAY - HOUR) is None
        message = "Renewing certificate as renewal was scheduled at 2027-01-24 12:00:00 +0000 UTC"
        trigger, readiness = chain.trigger(at(NOW + 60 * DAY)), chain.readiness(at(NOW + 60 * DAY))
        assert chain.first_violation(trigger, state) == Violation("Renewing", message)
        assert chain.first_violation(readiness, state) is None

    def test_at_the_end_it_is_not_ready(self) -> None:
        assert chain.first_violation(chain.readiness(at(NOW + 90 * DAY)), GOOD) is None
        after = chain.readiness(at(NOW + 90 * DAY + HOUR))
        message = "Certificate expired on Tue, 23 Feb 2027 12:00:00 UTC"
        assert chain.first_violation(after, GOOD) == Violation("Expired", message)

    @pytest.mark.parametrize(
        ("spec", "hours"),
        [
            ({}, 60),
            ({"renewBefore": "10h"}, 80),
            ({"renewBefore": "90h"}, 60),  # as long as the certificate itself: ignored
            ({"renewBefore": "91h"}, 60),
            ({"renewBefore": "0s"}, 60),
            ({"renewBeforePercentage": 10}, 81),
            ({"renewBeforePercentage": 100}, 60),
            ({"duration": "900h"}, 60),  # what was granted counts, and not what was wished for
        ],
    )
    def test_renewal_counts_from_the_lifetime_that_was_granted(self, spec: dict[str, object], hours: int) -> None:
        wanted = certificate_spec.parse(SPEC | spec)
        assert renewal_time(NOW, NOW + 90 * HOUR, wanted) == NOW + hours * HOUR

    @given(
        st.timedeltas(datetime.timedelta(seconds=1), 365 * DAY).map(
            lambda time: time - time % datetime.timedelta(seconds=1)
        ),
        st.none() | st.timedeltas(datetime.timedelta(), 400 * DAY),
        st.none() | st.integers(0, 100),
    )
    def test_renewal_is_in_whole_seconds_before_the_end_and_not_before_the_beginning(
        self, lifetime: datetime.timedelta, before: datetime.timedelta | None, percentage: int | None
    ) -> None:
        spec = certificate_spec.CertificateSpec(
            "tls", GOOD.certificate.spec.issuer_ref, renew_before=before, renew_before_percentage=percentage
        )
        due = renewal_time(NOW, NOW + lifetime, spec)
        assert due.microsecond == 0
        assert NOW <= due < NOW + lifetime


class TestRequestDifferences:
    @pytest.mark.parametrize(
        ("field", "value"),
        {
            "commonName": "b.test",
            "dnsNames": [],
            "ipAddresses": ["127.0.0.1"],
            "uris": ["spiffe://a.test/x"],
            "emailAddresses": ["a@a.test"],
            "isCA": True,
            "usages": ["server auth"],
            "duration": "2h",
            "literalSubject": "CN=b.test",
        }.items(),
    )
    def test_name_the_field(self, field: str, value: Any) -> None:
        request = a_request(duration="1h")
        assert request_differences(request, a_certificate(**{field: value}).spec) == [f"spec.{field}"]

    @pytest.mark.parametrize(
        "field", ["organizations", "organizationalUnits", "countries", "localities", "provinces", "streetAddresses"]
    )
    def test_name_the_field_of_the_subject(self, field: str) -> None:
        spec = a_certificate(subject={field: ["AT"]}).spec
        assert request_differences(a_request(), spec) == [f"spec.subject.{field}"]

    def test_name_all_fields(self) -> None:
        spec = a_certificate(isCA=True, dnsNames=["b.test"], issuerRef={"name": "other"}).spec
        assert request_differences(a_request(), spec) == ["spec.dnsNames", "spec.isCA", "spec.issuerRef"]

    def test_are_none_where_only_the_order_or_the_spelling_of_an_address_differs(self) -> None:
        names = AltNames(frozenset({"a.test", "b.test"}), frozenset({ipaddress.ip_address("::1")}))
        request = a_request(names=names, usages=["server auth", "client auth"])
        spec = a_certificate(
            dnsNames=["b.test", "a.test"], ipAddresses=["0:0:0:0:0:0:0:1"], usages=["client auth", "server auth"]
        ).spec
        assert request_differences(request, spec) == []

    def test_are_none_where_one_of_both_has_no_duration(self) -> None:
        assert request_differences(a_request(duration="1h"), a_certificate().spec) == []
        assert request_differences(a_request(), a_certificate(duration="1h").spec) == []

    def test_take_a_literal_subject_for_the_whole_name(self) -> None:
        request = a_request(subject=Subject("b.test", ("Icecream",)))
        assert request_differences(request, a_certificate(literalSubject="CN=b.test,O=Icecream").spec) == []


class TestCertificateDifferences:
    @pytest.mark.parametrize(
        ("subject", "dns_names", "spec", "differences"),
        [
            ("", {"a.test"}, {"dnsNames": ["a.test"]}, []),
            ("a.test", {"a.test"}, {"dnsNames": ["a.test"]}, []),  # a CA may take a name for the common name too
            ("a.test", set(), {"commonName": "a.test", "dnsNames": ["a.test"]}, []),
            ("b.test", {"a.test"}, {"dnsNames": ["a.test"]}, ["spec.commonName"]),
            ("", {"a.test"}, {"commonName": "b.test", "dnsNames": ["a.test"]}, ["spec.commonName"]),
            ("", {"a.test", "b.test"}, {"dnsNames": ["a.test"]}, ["spec.dnsNames"]),
            ("", {"a.test"}, {"dnsNames": ["a.test", "b.test"]}, ["spec.dnsNames"]),
            ("", {"a.test"}, {"dnsNames": ["a.test"], "uris": ["x://y"]}, ["spec.uris"]),
        ],
    )
    def test_let_a_ca_move_a_name_between_common_name_and_dns_names(
        self, subject: str, dns_names: set[str], spec: dict[str, Any], differences: list[str]
    ) -> None:
        certificate = chains.from_pem(signed(names=AltNames(frozenset(dns_names)), subject=subject))[0]
        assert certificate_differences(certificate, a_certificate(**spec).spec) == differences


@pytest.mark.parametrize(
    ("algorithm", "size", "differences"),
    [
        ("ECDSA", None, []),
        ("ECDSA", 384, ["spec.privateKey.size"]),
        ("RSA", None, ["spec.privateKey.algorithm"]),
        ("Ed25519", None, ["spec.privateKey.algorithm"]),
    ],
)
def test_a_key_must_be_of_the_algorithm_and_the_size(algorithm: str, size: int | None, differences: list[str]) -> None:
    spec = a_certificate(privateKey={"algorithm": algorithm} | ({"size": size} if size else {})).spec
    assert private_key_differences(KEY, spec) == differences


def test_sizes_have_no_meaning_for_ed25519() -> None:
    spec = a_certificate(privateKey={"algorithm": "Ed25519", "size": 4096}).spec
    assert private_key_differences(keys.generate(Algorithm.ED25519), spec) == []


def test_an_rsa_key_is_measured_by_its_modulus() -> None:
    key = rsa.generate_private_key(65537, 2048)
    assert private_key_differences(key, a_certificate(privateKey={}).spec) == []
    assert private_key_differences(key, a_certificate(privateKey={"size": 4096}).spec) == ["spec.privateKey.size"]


class TestBackoff:
    @pytest.mark.parametrize(
        ("attempts", "hours"), [(None, 1), (0, 1), (1, 1), (2, 2), (3, 4), (6, 32), (7, 32), (10**6, 32)]
    )
    def test_it_doubles_up_to_32_hours(self, attempts: int | None, hours: int) -> None:
        status = {"lastFailureTime": "2026-11-25T12:00:00Z"}
        more = {} if attempts is None else {"failedIssuanceAttempts": attempts}
        state = State(a_certificate(status=status | more), next_request=a_request())
        assert backoff(state, NOW) == hours * HOUR
        assert backoff(state, NOW + (hours - 0.5) * HOUR) == HOUR / 2
        assert backoff(state, NOW + hours * HOUR) is None

    def test_there_is_none_without_a_failure(self) -> None:
        assert backoff(State(a_certificate(), next_request=a_request()), NOW) is None

    def test_there_is_none_once_the_spec_has_changed(self) -> None:
        failed = {"lastFailureTime": "2026-11-25T12:00:00Z"}
        state = State(a_certificate(status=failed, dnsNames=["b.test"]), next_request=a_request())
        assert backoff(state, NOW) is None

    def test_it_does_not_take_a_request_that_is_gone_for_a_change(self) -> None:
        assert backoff(State(a_certificate(status={"lastFailureTime": "2026-11-25T12:00:00Z"})), NOW) == HOUR


class TestOwnership:
    OLD = a_certificate("old", created="2026-11-25T11:00:00Z")
    NEW = a_certificate("cert", created="2026-11-25T12:00:00Z")

    def test_the_secret_says_whose_it_is(self) -> None:
        assert owner([self.OLD, self.NEW], a_secret()) is self.NEW

    def test_else_it_is_the_oldest_s(self) -> None:
        assert owner([self.NEW, self.OLD], None) is self.OLD
        assert owner([self.NEW, self.OLD], a_secret(noted={})) is self.OLD
        assert owner([self.NEW, self.OLD], a_secret(noted={annotations.CERTIFICATE_NAME: "gone"})) is self.OLD

    def test_of_those_of_one_second_it_is_the_first_by_name(self) -> None:
        twin = a_certificate("a-twin", created="2026-11-25T12:00:00Z")
        assert owner([self.NEW, twin], None) is twin
