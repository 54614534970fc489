"""In which fields a private key, a request or a certificate differs from a spec (upstream: pkg/util/pki/match.go).

The answer is a list of the spec's fields, empty where nothing differs.
"""

import ipaddress
from collections import Counter
from collections.abc import Iterable
from operator import attrgetter

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import NameOID

from certmanager.apis.certificate_request import CertificateRequest
from certmanager.apis.certificate_spec import CertificateSpec
from certmanager.pki import requests
from certmanager.pki.errors import UNREADABLE, PkiError
from certmanager.pki.keys import Algorithm, PrivateKey
from certmanager.pki.names import common_name

_SUBJECT = {  # the API's field to pki's and to the attribute; `postCodes` is upstream's word in messages
    "spec.commonName": ("common_name", NameOID.COMMON_NAME),
    "spec.subject.serialNumber": ("serial_number", NameOID.SERIAL_NUMBER),
    "spec.subject.organizations": ("organizations", NameOID.ORGANIZATION_NAME),
    "spec.subject.countries": ("countries", NameOID.COUNTRY_NAME),
    "spec.subject.localities": ("localities", NameOID.LOCALITY_NAME),
    "spec.subject.organizationalUnits": ("organizational_units", NameOID.ORGANIZATIONAL_UNIT_NAME),
    "spec.subject.postCodes": ("postal_codes", NameOID.POSTAL_CODE),
    "spec.subject.provinces": ("provinces", NameOID.STATE_OR_PROVINCE_NAME),
    "spec.subject.streetAddresses": ("street_addresses", NameOID.STREET_ADDRESS),
}
Holder = x509.Certificate | x509.CertificateSigningRequest


def private_key_differences(key: PrivateKey, spec: CertificateSpec) -> list[str]:
    """In what `key` isn't of the algorithm and size of `spec`."""
    algorithm, size = _kind_of(key)
    if algorithm is not spec.private_key.algorithm:
        return ["spec.privateKey.algorithm"]
    return ["spec.privateKey.size"] if size != spec.private_key.size else []


def request_differences(request: CertificateRequest, spec: CertificateSpec) -> list[str]:
    """In what `request` asks for something else than `spec` does.

    Raises:
        PkiError: what the request holds is no CSR, or the spec can't be written into one.
    """
    csr = requests.from_pem(request.spec.request)
    fields = _alt_name_differences(csr, spec)
    fields += _dns_name_differences(csr, spec)
    fields += _subject_differences(csr, spec)
    asked = request.spec
    durations = {asked.duration, spec.duration} - {None}
    other = {
        "spec.isCA": asked.is_ca != spec.is_ca,
        "spec.usages": not _same(asked.usages, spec.usages),
        "spec.duration": len(durations) > 1,
        "spec.issuerRef": asked.issuer_ref != spec.issuer_ref,
    }
    return fields + [field for field, differs in other.items() if differs]


def certificate_differences(certificate: x509.Certificate, spec: CertificateSpec) -> list[str]:
    """In which names `certificate` isn't what `spec` wants, as far as CAs keep to it.

    For where the request is gone. The common name may stand among the DNS names and the other way round, since some
    CAs move it (upstream: FuzzyX509AltNamesMatchSpec).
    """
    wanted, own = spec.subject.common_name, common_name(certificate.subject)
    wanted_dns = set(spec.dns_names) | ({wanted} if wanted else set())
    dns = set(_alt_names(certificate, x509.DNSName))
    all_dns = dns | ({own} if own else set())
    fields = []
    if (wanted and wanted not in all_dns) or (own and own not in wanted_dns):
        fields.append("spec.commonName")
    if not (set(spec.dns_names) <= all_dns and dns <= wanted_dns):
        fields.append("spec.dnsNames")
    return fields + _alt_name_differences(certificate, spec)


def _kind_of(key: PrivateKey) -> tuple[Algorithm, int]:
    if isinstance(key, rsa.RSAPrivateKey):
        return Algorithm.RSA, key.key_size
    if isinstance(key, ec.EllipticCurvePrivateKey):
        return Algorithm.ECDSA, key.key_size
    return Algorithm.ED25519, 0


def _alt_name_differences(holder: Holder, spec: CertificateSpec) -> list[str]:
    try:
        addresses = [ipaddress.ip_address(address) for address in spec.ip_addresses]
    except ValueError as error:
        raise PkiError(f"spec.ipAddresses: {error}") from error
    same = {
        "spec.ipAddresses": _same(_alt_names(holder, x509.IPAddress), addresses),
        "spec.uris": _same(_alt_names(holder, x509.UniformResourceIdentifier), spec.uris),
        "spec.emailAddresses": _same(_alt_names(holder, x509.RFC822Name), spec.email_addresses),
    }
    return [field for field, is_same in same.items() if not is_same]


def _dns_name_differences(holder: Holder, spec: CertificateSpec) -> list[str]:
    return [] if _same(_alt_names(holder, x509.DNSName), spec.dns_names) else ["spec.dnsNames"]


def _subject_differences(csr: x509.CertificateSigningRequest, spec: CertificateSpec) -> list[str]:
    if spec.literal_subject:
        return [] if csr.subject == spec.name() else ["spec.literalSubject"]
    return [
        path
        for path, (field, oid) in _SUBJECT.items()
        if not _same(
            [attribute.value for attribute in csr.subject.get_attributes_for_oid(oid)],
            _as_list(attrgetter(field)(spec.subject)),
        )
    ]


def _as_list(value: str | tuple[str, ...]) -> tuple[str, ...]:
    return value if isinstance(value, tuple) else (value,) if value else ()


def _alt_names(holder: Holder, kind: type[x509.GeneralName]) -> list[object]:
    try:
        names = holder.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return []
    except UNREADABLE as error:
        raise PkiError(f"the subject alternative names can't be read: {error}") from error
    return [name.value for name in names if isinstance(name, kind)]


def _same(one: Iterable[object], other: Iterable[object]) -> bool:
    """Whether they are the same, in any order."""
    return Counter(one) == Counter(other)
