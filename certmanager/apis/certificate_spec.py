"""What a Certificate wants: the fields of its spec, with cert-manager's defaults."""

import datetime
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from cryptography import x509

from certmanager.apis import go_duration, references
from certmanager.apis.references import IssuerReference, SecretKeySelector
from certmanager.pki import distinguished_name
from certmanager.pki.keys import Algorithm, Encoding
from certmanager.pki.names import Subject

DEFAULT_DURATION = datetime.timedelta(days=90)
DEFAULT_SIZES = {Algorithm.RSA: 2048, Algorithm.ECDSA: 256}


class RotationPolicy(StrEnum):
    """Whether a new issuance has a new key."""

    ALWAYS = "Always"
    NEVER = "Never"


class OutputFormat(StrEnum):
    """What the Secret holds beside the usual: `key.der`, or key and chain in `tls-combined.pem`."""

    DER = "DER"
    COMBINED_PEM = "CombinedPEM"


@dataclass(frozen=True, slots=True)
class PrivateKey:
    """`spec.privateKey`; `size` in bits, and 0 where it has no meaning."""

    algorithm: Algorithm = Algorithm.RSA
    size: int = DEFAULT_SIZES[Algorithm.RSA]
    encoding: Encoding = Encoding.PKCS1
    rotation_policy: RotationPolicy = RotationPolicy.ALWAYS


@dataclass(frozen=True, slots=True)
class PKCS12Keystore:
    """`spec.keystores.pkcs12`: the password stands in the spec itself, or in a Secret; one of both is None."""

    create: bool
    password: str | None = field(repr=False)
    password_secret_ref: SecretKeySelector | None
    profile: str | None


@dataclass(frozen=True, slots=True)
class NameConstraintItem:
    """Names below which a CA may sign, or may not; `ip_ranges` as CIDR."""

    dns_domains: tuple[str, ...] = ()
    ip_ranges: tuple[str, ...] = ()
    email_addresses: tuple[str, ...] = ()
    uri_domains: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class NameConstraints:
    """`spec.nameConstraints` (RFC 5280 section 4.2.1.10)."""

    critical: bool
    permitted: NameConstraintItem | None
    excluded: NameConstraintItem | None


@dataclass(frozen=True, slots=True)
class CertificateSpec:
    """What is wanted. `duration`, `renew_before` and `usages` are as written: None, None and () where they aren't."""

    secret_name: str
    issuer_ref: IssuerReference
    subject: Subject = Subject()  # noqa: RUF009 - frozen
    literal_subject: str = ""
    dns_names: tuple[str, ...] = ()
    ip_addresses: tuple[str, ...] = ()
    uris: tuple[str, ...] = ()
    email_addresses: tuple[str, ...] = ()
    duration: datetime.timedelta | None = None
    renew_before: datetime.timedelta | None = None
    renew_before_percentage: int | None = None
    is_ca: bool = False
    usages: tuple[str, ...] = ()
    encode_usages_in_request: bool = True
    private_key: PrivateKey = PrivateKey()
    signature_algorithm: str | None = None
    name_constraints: NameConstraints | None = None
    secret_labels: Mapping[str, str] = field(default_factory=dict)
    secret_annotations: Mapping[str, str] = field(default_factory=dict)
    additional_output_formats: tuple[OutputFormat, ...] = ()
    pkcs12: PKCS12Keystore | None = None
    revision_history_limit: int = 1

    def name(self) -> x509.Name:
        """The subject of the certificate, from `literalSubject` or from `commonName` and `subject`.

        Raises:
            PkiError: it can't be written.
        """
        if self.literal_subject:
            return distinguished_name.parse(self.literal_subject)
        return self.subject.to_x509()


def parse(spec: Mapping[str, Any]) -> CertificateSpec:
    """Read the `spec` of a Certificate."""
    template = spec.get("secretTemplate") or {}
    formats = spec.get("additionalOutputFormats") or ()
    return CertificateSpec(
        secret_name=spec["secretName"],
        issuer_ref=references.issuer(spec["issuerRef"]),
        subject=_subject(spec.get("commonName", ""), spec.get("subject") or {}),
        literal_subject=spec.get("literalSubject", ""),
        dns_names=tuple(spec.get("dnsNames") or ()),
        ip_addresses=tuple(spec.get("ipAddresses") or ()),
        uris=tuple(spec.get("uris") or ()),
        email_addresses=tuple(spec.get("emailAddresses") or ()),
        duration=_duration(spec.get("duration")),
        renew_before=_duration(spec.get("renewBefore")),
        renew_before_percentage=spec.get("renewBeforePercentage"),
        is_ca=spec.get("isCA", False),
        usages=tuple(spec.get("usages") or ()),
        encode_usages_in_request=spec.get("encodeUsagesInRequest", True),
        private_key=_private_key(spec.get("privateKey") or {}),
        signature_algorithm=spec.get("signatureAlgorithm"),
        name_constraints=_name_constraints(spec.get("nameConstraints")),
        secret_labels=template.get("labels") or {},
        secret_annotations=template.get("annotations") or {},
        additional_output_formats=tuple(OutputFormat(format_["type"]) for format_ in formats),
        pkcs12=_pkcs12((spec.get("keystores") or {}).get("pkcs12")),
        revision_history_limit=spec.get("revisionHistoryLimit", 1),
    )


def _duration(text: str | None) -> datetime.timedelta | None:
    return None if text is None else go_duration.parse(text)


def _subject(common_name: str, subject: Mapping[str, Any]) -> Subject:
    return Subject(
        common_name=common_name,
        organizations=tuple(subject.get("organizations") or ()),
        organizational_units=tuple(subject.get("organizationalUnits") or ()),
        countries=tuple(subject.get("countries") or ()),
        localities=tuple(subject.get("localities") or ()),
        provinces=tuple(subject.get("provinces") or ()),
        street_addresses=tuple(subject.get("streetAddresses") or ()),
        postal_codes=tuple(subject.get("postalCodes") or ()),
        serial_number=subject.get("serialNumber", ""),
    )


def _private_key(private_key: Mapping[str, Any]) -> PrivateKey:
    algorithm = Algorithm(private_key.get("algorithm") or Algorithm.RSA)
    default = DEFAULT_SIZES.get(algorithm, 0)
    return PrivateKey(
        algorithm=algorithm,
        size=private_key.get("size") or default if default else 0,
        encoding=Encoding(private_key.get("encoding") or Encoding.PKCS1),
        rotation_policy=RotationPolicy(private_key.get("rotationPolicy") or RotationPolicy.ALWAYS),
    )


def _name_constraints(constraints: Mapping[str, Any] | None) -> NameConstraints | None:
    if constraints is None:
        return None
    permitted, excluded = constraints.get("permitted"), constraints.get("excluded")
    return NameConstraints(
        critical=constraints.get("critical", False),
        permitted=None if permitted is None else _name_constraint_item(permitted),
        excluded=None if excluded is None else _name_constraint_item(excluded),
    )


def _name_constraint_item(item: Mapping[str, Any]) -> NameConstraintItem:
    return NameConstraintItem(
        dns_domains=tuple(item.get("dnsDomains") or ()),
        ip_ranges=tuple(item.get("ipRanges") or ()),
        email_addresses=tuple(item.get("emailAddresses") or ()),
        uri_domains=tuple(item.get("uriDomains") or ()),
    )


def _pkcs12(keystore: Mapping[str, Any] | None) -> PKCS12Keystore | None:
    if keystore is None:
        return None
    return PKCS12Keystore(
        create=keystore["create"],
        password=keystore.get("password"),
        password_secret_ref=references.secret_key(keystore.get("passwordSecretRef")),
        profile=keystore.get("profile"),
    )
