"""Keystores: what is put in comes out again, with the password only, in the form that the profile says."""

import pytest
from cryptography.hazmat.primitives.serialization import pkcs12

from certmanager.pki import certificates, keys, keystores, requests
from certmanager.pki.certificates import Validity
from certmanager.pki.names import AltNames, Subject
from tests.pki.conftest import MakeAuthority

PBES2 = bytes.fromhex("06092a864886f70d01050d")  # the object identifier, as it stands in DER (RFC 8018)


@pytest.mark.parametrize("profile", [None, "LegacyDES", "Modern2023"])
def test_a_keystore_has_key_and_chain(make_authority: MakeAuthority, validity: Validity, profile: str | None) -> None:
    root = make_authority()
    lower, key = make_authority("lower", root), keys.generate()
    leaf = certificates.signed_by(lower, requests.create(key, AltNames(), Subject("leaf")), validity)
    made = keystores.keystore(key, [leaf, lower.certificate], [root.certificate], b"password", profile)
    read = pkcs12.load_pkcs12(made, b"password")
    assert read.cert
    assert keys.same_public_key(read.key.public_key() if read.key else None, key.public_key())
    assert read.cert.certificate == leaf
    assert {one.certificate for one in read.additional_certs} == {lower.certificate, root.certificate}
    assert (PBES2 in made) == (profile == "Modern2023")
    with pytest.raises(ValueError, match="password"):
        pkcs12.load_pkcs12(made, b"another")


@pytest.mark.parametrize("profile", [None, "Modern2023"])
def test_a_truststore_has_the_ca(make_authority: MakeAuthority, profile: str | None) -> None:
    root = make_authority()
    made = keystores.truststore([root.certificate], b"password", profile)
    read = pkcs12.load_pkcs12(made, b"password")
    assert [one.certificate for one in read.additional_certs] == [root.certificate]
    assert (PBES2 in made) == (profile == "Modern2023")
