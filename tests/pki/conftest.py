"""Builders for requests and authorities, on a fixed clock."""

import datetime
from collections.abc import Callable

import pytest

from certmanager.pki import certificates, keys, requests
from certmanager.pki.certificates import Authority, Validity
from certmanager.pki.names import AltNames, Subject

MakeAuthority = Callable[..., Authority]
NOW = datetime.datetime(2026, 11, 21, 12, tzinfo=datetime.UTC)


@pytest.fixture
def now() -> datetime.datetime:
    return NOW


@pytest.fixture
def validity() -> Validity:
    return Validity(NOW, NOW + datetime.timedelta(days=90))


@pytest.fixture
def make_authority(validity: Validity) -> MakeAuthority:
    def make(name: str = "root", signer: Authority | None = None) -> Authority:
        key = keys.generate()
        request = requests.create(key, AltNames(), Subject(common_name=name))
        if signer is None:
            return Authority(certificates.self_signed(request, key, validity, is_ca=True), key)
        return Authority(certificates.signed_by(signer, request, validity, is_ca=True), key)

    return make
