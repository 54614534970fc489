"""Chains: put in order whatever order they come in, and verified or refused."""

import datetime
import itertools

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes

from certmanager.pki import certificates, chains, keys, requests
from certmanager.pki.certificates import Validity
from certmanager.pki.errors import PkiError
from certmanager.pki.names import AltNames
from tests.pki.conftest import MakeAuthority

Certificates = tuple[x509.Certificate, ...]

NAMES = AltNames(frozenset({"example.test"}))


@pytest.fixture
def chain(make_authority: MakeAuthority, validity: Validity) -> Certificates:
    """Leaf, two intermediates, root."""
    root = make_authority("root")
    upper = make_authority("upper", root)
    lower = make_authority("lower", upper)
    leaf = certificates.signed_by(lower, requests.create(keys.generate(), NAMES), validity, ["server auth"])
    return leaf, lower.certificate, upper.certificate, root.certificate


def test_every_order_is_put_right(chain: Certificates) -> None:
    for shuffled in itertools.permutations(chain):
        assert chains.in_order(shuffled) == chain


def test_doubles_are_left_out(chain: Certificates) -> None:
    assert chains.in_order([*chain, *chain]) == chain


def test_a_leaf_alone_is_a_chain(chain: Certificates) -> None:
    assert chains.in_order(chain[:1]) == chain[:1]


def test_a_self_signed_certificate_alone_is_a_chain(chain: Certificates) -> None:
    assert chains.in_order(chain[-1:]) == chain[-1:]
    assert chains.without_root(chain[-1:]) == chain[-1:]


def test_two_chains_are_not_one(chain: Certificates, make_authority: MakeAuthority) -> None:
    with pytest.raises(PkiError, match="don't form one chain: 2 of them certify no other"):
        chains.in_order([*chain, make_authority("stranger").certificate])


def test_a_gap_is_not_a_chain(chain: Certificates) -> None:
    leaf, _, upper, root = chain
    with pytest.raises(PkiError, match="don't form one chain"):
        chains.in_order([leaf, upper, root])


def test_a_server_presents_the_chain_without_its_root(chain: Certificates) -> None:
    assert chains.without_root(chain) == chain[:-1]
    assert chains.without_root(chain[:-1]) == chain[:-1]


def test_a_chain_leads_to_its_root_with_and_without_the_root_in_it(chain: Certificates, now: datetime.datetime) -> None:
    chains.verify(chain, [chain[-1]], now)
    chains.verify(chain[:-1], [chain[-1]], now)


def test_an_intermediate_may_be_what_is_trusted(chain: Certificates, now: datetime.datetime) -> None:
    chains.verify(chain[:2], [chain[2]], now)
    chains.verify(chain[:3], [chain[2]], now)


def test_a_self_signed_certificate_is_verified_by_itself(chain: Certificates, now: datetime.datetime) -> None:
    chains.verify(chain[-1:], chain[-1:], now)


@pytest.mark.parametrize("days", [-1, 91])
def test_nothing_holds_before_or_after_its_time(chain: Certificates, now: datetime.datetime, days: int) -> None:
    at = now + datetime.timedelta(days=days)
    with pytest.raises(PkiError, match="doesn't lead to a trusted root"):
        chains.verify(chain, [chain[-1]], at)
    with pytest.raises(PkiError, match="isn't valid now"):
        chains.verify(chain[-1:], chain[-1:], at)


def test_a_missing_intermediate_is_noticed(chain: Certificates, now: datetime.datetime) -> None:
    leaf, lower, _, root = chain
    with pytest.raises(PkiError, match="doesn't lead to a trusted root"):
        chains.verify([leaf, lower], [root], now)


def test_a_root_of_the_same_name_with_another_key_is_noticed(
    chain: Certificates, make_authority: MakeAuthority, now: datetime.datetime
) -> None:
    with pytest.raises(PkiError, match="doesn't lead to a trusted root"):
        chains.verify(chain[:-1], [make_authority("root").certificate], now)


def test_a_leaf_that_signs_others_is_noticed(
    make_authority: MakeAuthority, validity: Validity, now: datetime.datetime
) -> None:
    """The signature is right; that the signer is no CA is what must be seen."""
    key, root = keys.generate(), make_authority("root2")
    leaf = certificates.signed_by(root, requests.create(key, NAMES), validity, ["server auth"])
    forged_request = requests.create(keys.generate(), NAMES)
    forged = (
        certificates._builder(forged_request, validity, ["server auth"], is_ca=False)
        .issuer_name(leaf.subject)
        .add_extension(certificates._authority_key_identifier(leaf), critical=False)
        .sign(key, hashes.SHA256())
    )
    with pytest.raises(PkiError, match="doesn't lead to a trusted root"):
        chains.verify([forged, leaf], [root.certificate], now)


def test_a_chain_comes_back_from_its_pem(chain: Certificates) -> None:
    assert chains.from_pem(certificates.to_pem(*chain)) == chain


@pytest.mark.parametrize("pem", [b"", b"text", b"-----BEGIN CERTIFICATE-----\nAA==\n-----END CERTIFICATE-----\n"])
def test_what_is_no_chain_is_refused(pem: bytes) -> None:
    with pytest.raises(PkiError, match="not a chain of certificates in PEM"):
        chains.from_pem(pem)


def test_a_chain_without_end_is_refused(chain: Certificates) -> None:
    with pytest.raises(PkiError, match="a chain of 40 certificates is too long to be true"):
        chains.from_pem(certificates.to_pem(*chain * 10))


def test_a_certificate_for_one_second_is_one(make_authority: MakeAuthority, now: datetime.datetime) -> None:
    validity = Validity(now, now + datetime.timedelta(seconds=1))
    leaf = certificates.signed_by(make_authority(), requests.create(keys.generate(), NAMES), validity)
    assert leaf.not_valid_after_utc - leaf.not_valid_before_utc == datetime.timedelta(seconds=1)
