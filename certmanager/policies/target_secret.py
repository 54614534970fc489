"""How the Secret of a Certificate is to look, and whether it does (upstream: the post-issuance policies).

It is written by server-side apply, so what others have put into it stays; what we have put in and don't want any more
goes. Whose a field is, metadata.managedFields say.
"""

import base64
import csv
import io
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from cryptography import x509
from cryptography.x509.oid import NameOID

from certmanager.apis import annotations
from certmanager.apis.certificate_spec import CertificateSpec, OutputFormat
from certmanager.apis.secret import (
    CA_CRT,
    COMBINED_PEM,
    KEY_DER,
    KEYSTORE_P12,
    TLS_CRT,
    TLS_KEY,
    TRUSTSTORE_P12,
    TYPE_TLS,
    Secret,
)
from certmanager.pki.names import common_name

FIELD_MANAGER = "cert-manager-certificates-issuing"
_SUBJECT = {
    annotations.SUBJECT_ORGANIZATIONS: NameOID.ORGANIZATION_NAME,
    annotations.SUBJECT_ORGANIZATIONAL_UNITS: NameOID.ORGANIZATIONAL_UNIT_NAME,
    annotations.SUBJECT_COUNTRIES: NameOID.COUNTRY_NAME,
    annotations.SUBJECT_PROVINCES: NameOID.STATE_OR_PROVINCE_NAME,
    annotations.SUBJECT_LOCALITIES: NameOID.LOCALITY_NAME,
    annotations.SUBJECT_POSTAL_CODES: NameOID.POSTAL_CODE,
    annotations.SUBJECT_STREET_ADDRESSES: NameOID.STREET_ADDRESS,
}


@dataclass(frozen=True)
class Issued:
    """What was issued: the chain and, if known, the CA, in PEM; and by whom, as annotations."""

    key: bytes
    certificate: bytes
    ca: bytes
    origin: Mapping[str, str]

    def __repr__(self) -> str:
        return f"Issued({dict(self.origin)})"  # never the key


def wanted(
    name: str, spec: CertificateSpec, issued: Issued, seen: Secret | None, keystores: Mapping[str, bytes]
) -> dict[str, Any]:
    """The Secret to be applied. Its type can't be changed: `seen` keeps its own."""
    data = {TLS_KEY: issued.key, TLS_CRT: issued.certificate, **keystores, **_output_formats(spec, issued)}
    if issued.ca:
        data[CA_CRT] = issued.ca
    leaf = x509.load_pem_x509_certificate(issued.certificate)
    return {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {
            "name": name,
            "annotations": {**spec.secret_annotations, **certificate_annotations(leaf), **issued.origin},
            "labels": {**spec.secret_labels, annotations.CONTROLLER_LABEL: "true"},
        },
        "data": {key: base64.b64encode(value).decode() for key, value in data.items()},
        "type": seen.type if seen else TYPE_TLS,
    }


def keystore_names(spec: CertificateSpec, issued: Issued) -> set[str]:
    """Which keystores are to be in the Secret: one of the CA only where that is known."""
    if spec.pkcs12 is None or not spec.pkcs12.create:
        return set()
    return {KEYSTORE_P12, TRUSTSTORE_P12} if issued.ca else {KEYSTORE_P12}


def is_as(secret: Secret, applied: Mapping[str, Any]) -> bool:
    """Whether applying `applied` would change nothing."""
    metadata = applied["metadata"]
    data = {key: base64.b64encode(value).decode() for key, value in secret.data.items()}
    parts: Sequence[tuple[str, Mapping[str, str], Mapping[str, str]]] = (
        ("f:annotations", secret.metadata.annotations, metadata["annotations"]),
        ("f:labels", secret.metadata.labels, metadata["labels"]),
        ("f:data", data, applied["data"]),
    )
    return all(
        expected.items() <= there.items() and _managed(secret, part) <= expected.keys()
        for part, there, expected in parts
    )


def certificate_annotations(leaf: x509.Certificate) -> dict[str, str]:
    """What the Secret's annotations tell about the certificate. Some are there even if they are empty, as upstream."""
    subject = {name: _subject_values(leaf, oid) for name, oid in _SUBJECT.items()}
    optional = {
        **{name: _csv(values) for name, values in subject.items()},
        annotations.SUBJECT_SERIAL_NUMBER: "".join(_subject_values(leaf, NameOID.SERIAL_NUMBER)),
        annotations.EMAIL_SANS: _csv(_alt_names(leaf, x509.RFC822Name)),
    }
    return {
        **{name: text for name, text in optional.items() if text},
        annotations.COMMON_NAME: common_name(leaf.subject),
        annotations.ALT_NAMES: _csv(_alt_names(leaf, x509.DNSName)),
        annotations.IP_SANS: _csv(_alt_names(leaf, x509.IPAddress)),
        annotations.URI_SANS: _csv(_alt_names(leaf, x509.UniformResourceIdentifier)),
    }


def _output_formats(spec: CertificateSpec, issued: Issued) -> dict[str, bytes]:
    makers: dict[OutputFormat, tuple[str, Callable[[], bytes]]] = {
        OutputFormat.DER: (KEY_DER, lambda: _der(issued.key)),
        OutputFormat.COMBINED_PEM: (COMBINED_PEM, lambda: issued.key + b"\n" + issued.certificate),
    }
    return {name: make() for format_ in spec.additional_output_formats for name, make in [makers[format_]]}


def _der(pem: bytes) -> bytes:
    """What is inside the PEM block."""
    return base64.b64decode(b"".join(pem.strip().splitlines()[1:-1]))


def _managed(secret: Secret, part: str) -> set[str]:
    """The names in one part of the Secret that we have applied."""
    names: set[str] = set()
    for entry in secret.managed_fields:
        if entry.get("manager") == FIELD_MANAGER and entry.get("operation") == "Apply":
            fields = entry.get("fieldsV1") or {}
            inside = fields if part == "f:data" else fields.get("f:metadata", {})
            names |= {name.removeprefix("f:") for name in inside.get(part, {}) if name.startswith("f:")}
    return names


def _subject_values(leaf: x509.Certificate, oid: x509.ObjectIdentifier) -> list[str]:
    return [str(attribute.value) for attribute in leaf.subject.get_attributes_for_oid(oid)]


def _alt_names(leaf: x509.Certificate, kind: type[x509.GeneralName]) -> list[str]:
    try:
        names = leaf.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return []
    return [str(name.value) for name in names if isinstance(name, kind)]


def _csv(values: Sequence[str]) -> str:
    """Joined by commas, quoted where a value needs it."""
    line = io.StringIO()
    csv.writer(line, lineterminator="").writerow(values)
    return line.getvalue() if values else ""
