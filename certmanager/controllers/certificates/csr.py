"""The signing request that a Certificate's spec asks for (upstream: `pki.GenerateCSR`). Pure."""

import ipaddress
from collections.abc import Iterator

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa

from certmanager.apis.certificate_spec import CertificateSpec, NameConstraintItem
from certmanager.pki import usages as key_usages
from certmanager.pki.errors import PkiError
from certmanager.pki.keys import PrivateKey, signature_hash

_HASHES = {"256": hashes.SHA256(), "384": hashes.SHA384(), "512": hashes.SHA512()}


def signing_request(spec: CertificateSpec, key: PrivateKey) -> x509.CertificateSigningRequest:
    """A request for what `spec` wants, its names in the order in which they stand there.

    Raises:
        PkiError: something in it can't be written.
    """
    try:
        builder = x509.CertificateSigningRequestBuilder().subject_name(spec.name())
        for extension, critical in _extensions(spec):
            builder = builder.add_extension(extension, critical)
        hash_ = _hash(spec, key)
        return builder.sign(key, hash_)  # type: ignore[arg-type]  # its stub knows no None for Ed25519
    except ValueError as error:  # PkiError is one
        raise PkiError(str(error)) from error


def _extensions(spec: CertificateSpec) -> Iterator[tuple[x509.ExtensionType, bool]]:
    if names := list(_alt_names(spec)):
        yield x509.SubjectAlternativeName(names), not spec.name().rdns
    if spec.encode_usages_in_request:
        yield from key_usages.extensions(spec.usages or key_usages.DEFAULT, is_ca=spec.is_ca)
    if constraints := spec.name_constraints:
        permitted, excluded = (_subtrees(item) for item in (constraints.permitted, constraints.excluded))
        if permitted or excluded:
            yield x509.NameConstraints(permitted or None, excluded or None), constraints.critical


def _alt_names(spec: CertificateSpec) -> Iterator[x509.GeneralName]:
    yield from (x509.DNSName(name) for name in spec.dns_names)
    yield from (x509.RFC822Name(address) for address in spec.email_addresses)
    yield from (x509.IPAddress(ipaddress.ip_address(address)) for address in spec.ip_addresses)
    yield from (x509.UniformResourceIdentifier(uri) for uri in spec.uris)


def _subtrees(item: NameConstraintItem | None) -> list[x509.GeneralName]:
    if item is None:
        return []
    return [
        *(x509.DNSName(domain) for domain in item.dns_domains),
        *(x509.IPAddress(ipaddress.ip_network(network, strict=False)) for network in item.ip_ranges),
        *(x509.RFC822Name(address) for address in item.email_addresses),
        *(x509.UniformResourceIdentifier(domain) for domain in item.uri_domains),
    ]


def _hash(spec: CertificateSpec, key: PrivateKey) -> hashes.HashAlgorithm | None:
    """The hash that spec.signatureAlgorithm names (SHA256WithRSA, ECDSAWithSHA384 …), else by the key's size."""
    if isinstance(key, rsa.RSAPrivateKey) and not spec.signature_algorithm:
        return hashes.SHA512() if key.key_size >= 4096 else hashes.SHA384() if key.key_size >= 3072 else hashes.SHA256()
    for size, hash_ in _HASHES.items():
        if f"SHA{size}" in (spec.signature_algorithm or ""):
            return hash_
    return signature_hash(key)
