"""Specs of all kinds, whole and with each field that there is: what is taken, and what is refused and why."""

import base64
from typing import Any, TypeAlias

Spec: TypeAlias = dict[str, Any]

CERTIFICATE: Spec = {"secretName": "shop-tls", "issuerRef": {"name": "shop-ca"}, "dnsNames": ["shop.example"]}
CA: Spec = {"secretName": "root-ca"}
PEM = base64.b64encode(b"-----BEGIN CERTIFICATE REQUEST-----\nTUlJ\n-----END CERTIFICATE REQUEST-----\n").decode()
REQUEST: Spec = {"issuerRef": {"name": "shop-ca"}, "request": PEM}
_PKCS12 = {"create": True, "password": "changeit"}
_REF = {"name": "keystore", "key": "password"}
_TREE = {
    "dnsDomains": [".example.com"],
    "ipRanges": ["10.0.0.0/8", "fd00::/8"],
    "emailAddresses": ["example.com"],
    "uriDomains": [".example.com"],
}


def certificate(**fields: Any) -> Spec:
    """A Certificate's spec with these fields."""
    return CERTIFICATE | fields


def without(spec: Spec, *fields: str) -> Spec:
    """A spec without these fields."""
    return {field: value for field, value in spec.items() if field not in fields}


ACCEPTED: dict[str, dict[str, Spec]] = {
    "Certificate": {
        "the least there can be": CERTIFICATE,
        "a commonName alone": without(certificate(commonName="shop"), "dnsNames"),
        "a commonName of 64 bytes": certificate(commonName="ä" * 32),
        "a secretName of 253 characters": certificate(secretName="a" * 253),
        "5000 dnsNames": certificate(dnsNames=[f"host-{number}.example.com" for number in range(5000)]),
        "5000 IP addresses": certificate(ipAddresses=[f"2001:db8::{number:x}" for number in range(5000)]),
        "5000 e-mail addresses": certificate(emailAddresses=[f"mail-{number}@example.com" for number in range(5000)]),
        "a wildcard": certificate(dnsNames=["*.shop.example", "shop.example"]),
        "an issuer of all namespaces": certificate(issuerRef={"name": "root", "kind": "ClusterIssuer"}),
        "an issuer of ours by its group": certificate(
            issuerRef={"name": "root", "kind": "Issuer", "group": "cert-manager.io"}
        ),
        "an issuer of another group": certificate(issuerRef={"name": "x", "kind": "Stamp", "group": "example.com"}),
        "an issuer with empty defaults": certificate(issuerRef={"name": "x", "kind": "", "group": ""}),
        "IP addresses": certificate(ipAddresses=["192.0.2.7", "2001:db8::7", "::ffff:192.0.2.7"]),
        "uris": without(certificate(uris=["spiffe://cluster.local/ns/default/sa/shop"]), "dnsNames"),
        "e-mail addresses": certificate(emailAddresses=["a.b+c@example.com", "jürgen@exämple.de", "root@localhost"]),
        "a subject": certificate(
            subject={
                "organizations": ["Example, Inc."],
                "countries": ["DE", "FR"],
                "organizationalUnits": ["Ice"],
                "localities": ["Bonn"],
                "provinces": ["NRW"],
                "streetAddresses": ["Am Markt 1"],
                "postalCodes": ["53111"],
                "serialNumber": "4711",
            }
        ),
        "a literalSubject": without(certificate(literalSubject="CN=shop, OU=Ice,O=Example\\, Inc."), "dnsNames"),
        "a literalSubject of OIDs": certificate(literalSubject="2.5.4.42=John+2.5.4.4=Doe;DC=corp,DC=example"),
        "a literalSubject beside an empty subject": certificate(literalSubject="CN=x", subject={"countries": []}),
        "no literalSubject": certificate(literalSubject="", commonName="shop"),
        "an hour": certificate(duration="1h", renewBefore="5m"),
        "a duration in all of Go's units": certificate(duration="+1h59m59.5s1ms1us1µs1ns", renewBefore="1.5h"),
        "a part of the lifetime": certificate(duration="1h", renewBeforePercentage=25),
        "any percentage without a duration": certificate(renewBeforePercentage=150),  # the real one looks away too
        "a CA": certificate(isCA=True, usages=["cert sign", "crl sign"]),
        "usages": certificate(usages=["server auth", "client auth"], encodeUsagesInRequest=False),
        "name constraints": certificate(
            isCA=True, nameConstraints={"critical": True, "permitted": _TREE, "excluded": _TREE}
        ),
        "an RSA key": certificate(
            privateKey={"algorithm": "RSA", "size": 3072, "encoding": "PKCS8", "rotationPolicy": "Never"},
            signatureAlgorithm="SHA512WithRSA",
        ),
        "an ECDSA key": certificate(
            privateKey={"algorithm": "ECDSA", "size": 521}, signatureAlgorithm="ECDSAWithSHA512"
        ),
        "an Ed25519 key, whose size says nothing": certificate(
            privateKey={"algorithm": "Ed25519", "size": 7}, signatureAlgorithm="PureEd25519"
        ),
        "a secretTemplate": certificate(
            secretTemplate={
                "labels": {"app": "shop", "example.com/tier": ""},
                "annotations": {"cert-manager.io/allow-direct-injection": "true", "Example.com/Note": "any text\n"},
            }
        ),
        "both other formats": certificate(additionalOutputFormats=[{"type": "DER"}, {"type": "CombinedPEM"}]),
        "a keystore with a password": certificate(keystores={"pkcs12": _PKCS12 | {"profile": "Modern2023"}}),
        "a keystore whose password is in a Secret": certificate(
            keystores={"pkcs12": {"create": True, "passwordSecretRef": _REF, "profile": "LegacyDES"}}
        ),
        "a history": certificate(revisionHistoryLimit=3),
        "an empty list of otherNames": certificate(otherNames=[]),
    },
    "CertificateRequest": {
        "the least there can be": REQUEST,
        "all that can be asked for": REQUEST
        | {
            "issuerRef": {"name": "root", "kind": "ClusterIssuer", "group": "cert-manager.io"},
            "duration": "10m",
            "isCA": True,
            "usages": ["cert sign", "crl sign"],
        },
    },
    "Issuer": {
        "a selfSigned issuer": {"selfSigned": {}},
        "a selfSigned issuer that says where to ask": {
            "selfSigned": {"crlDistributionPoints": ["http://crl.example.com"]}
        },
        "a CA": {"ca": CA},
        "a CA that says where to ask": {
            "ca": CA
            | {
                "crlDistributionPoints": ["http://crl.example.com"],
                "ocspServers": ["http://ocsp.example.com"],
                "issuingCertificateURLs": ["http://ca.example.com/ca.crt"],
            }
        },
    },
}

REFUSED: dict[str, dict[str, tuple[Spec, str]]] = {
    "Certificate": {
        "no secretName": (without(CERTIFICATE, "secretName"), "spec.secretName: Required value"),
        "an empty secretName": (certificate(secretName=""), "spec.secretName: Required value: must be specified"),
        "a secretName that no Secret can have": (certificate(secretName="Shop_TLS"), "a lowercase RFC 1123 subdomain"),
        "a secretName of 254 characters": (certificate(secretName="a" * 254), "spec.secretName: Too long"),
        "no issuerRef": (without(CERTIFICATE, "issuerRef"), "spec.issuerRef: Required value"),
        "an issuer without a name": (
            certificate(issuerRef={"name": ""}),
            "spec.issuerRef.name: Required value: must be specified",
        ),
        "an issuer of another kind": (
            certificate(issuerRef={"name": "x", "kind": "Stamp", "group": "cert-manager.io"}),
            "spec.issuerRef.kind: Invalid value: must be one of Issuer or ClusterIssuer",
        ),
        "an issuer of another kind without its group": (
            certificate(issuerRef={"name": "x", "kind": "Stamp"}),
            "did you forget to set spec.issuerRef.group?",
        ),
        "no names at all": (without(CERTIFICATE, "dnsNames"), "spec: Invalid value: at least one of commonName"),
        "empty names": (certificate(dnsNames=[], commonName=""), "at least one of commonName"),
        "a literalSubject without a CN": (
            without(certificate(literalSubject="O=Example"), "dnsNames"),
            "at least one of commonName",
        ),
        "a commonName of 65 bytes": (certificate(commonName="ä" * 32 + "a"), "spec.commonName: Invalid value"),
        "a literalSubject and a commonName": (
            certificate(literalSubject="CN=a", commonName="a"),
            "spec.commonName: Invalid value",
        ),
        "a literalSubject and a subject": (
            certificate(literalSubject="CN=a", subject={"serialNumber": "1"}),
            "spec.subject: Invalid value",
        ),
        "a literalSubject with an unknown attribute": (certificate(literalSubject="CN=a,FOO=b"), "RFC 4514"),
        "a literalSubject that ends too soon": (certificate(literalSubject="CN=a,"), "RFC 4514"),
        "a literalSubject with a wrong escape": (certificate(literalSubject="CN=a\\z"), "RFC 4514"),
        "a literalSubject with a CN of 65 characters": (
            certificate(literalSubject=f"O=b, CN = {'a' * 65}"),
            "spec.literalSubject: Invalid value",
        ),
        "a literalSubject with a value in hexadecimal": (
            certificate(literalSubject="O=b,CN=#0403616263"),
            "values in hexadecimal (#…) are not supported",
        ),
        "a country by its name": (certificate(subject={"countries": ["Germany"]}), "spec.subject.countries[0]"),
        "an IP address that is none": (certificate(ipAddresses=["192.0.2.7", "192.0.2"]), '"192.0.2": invalid IP'),
        "an IP address with a mask": (certificate(ipAddresses=["10.0.0.0/8"]), "spec.ipAddresses: Invalid value"),
        "an e-mail address with a name": (
            certificate(emailAddresses=["a@example.com", "Jo <jo@example.com>"]),
            'spec.emailAddresses: Invalid value: "Jo <jo@example.com>": invalid email address',
        ),
        "an e-mail address without an @": (certificate(emailAddresses=["example.com"]), "invalid email address"),
        "an e-mail address with two dots": (certificate(emailAddresses=["a..b@example.com"]), "invalid email address"),
        "an RSA key of 1024 bits": (
            certificate(privateKey={"size": 1024}),
            "spec.privateKey.size: Invalid value: must be between 2048 and 8192 for rsa keyAlgorithm",
        ),
        "an RSA key of 16384 bits": (certificate(privateKey={"algorithm": "RSA", "size": 16384}), "must be between"),
        "an ECDSA key of 255 bits": (
            certificate(privateKey={"algorithm": "ECDSA", "size": 255}),
            'spec.privateKey.size: Invalid value: supported values: "256", "384", "521"',
        ),
        "a DSA key": (certificate(privateKey={"algorithm": "DSA"}), 'supported values: "RSA", "ECDSA", "Ed25519"'),
        "a key in PKCS7": (certificate(privateKey={"encoding": "PKCS7"}), "spec.privateKey.encoding: Unsupported"),
        "a rotationPolicy of now and then": (
            certificate(privateKey={"rotationPolicy": "Sometimes"}),
            "spec.privateKey.rotationPolicy: Unsupported",
        ),
        "an ECDSA signature by an RSA key": (
            certificate(signatureAlgorithm="ECDSAWithSHA256"),
            "spec.signatureAlgorithm: Invalid value",
        ),
        "an RSA signature by an ECDSA key": (
            certificate(privateKey={"algorithm": "ECDSA"}, signatureAlgorithm="SHA256WithRSA"),
            "spec.signatureAlgorithm: Invalid value",
        ),
        "half an hour": (certificate(duration="30m"), "certificate duration must be greater than 1h0m0s"),
        "less than nothing": (certificate(duration="-2h"), "certificate duration must be greater than 1h0m0s"),
        "days": (certificate(duration="90d"), 'time: invalid duration "90d"'),
        "more than Go can count": (certificate(duration="3000000h"), "spec.duration: Invalid value"),
        "renewal in the last minutes": (
            certificate(renewBefore="4m59s"),
            "certificate renewBefore must be greater than 5m0s",
        ),
        "renewal before some days": (
            certificate(renewBefore="1d"),
            'spec.renewBefore: Invalid value: "1d": time: invalid',
        ),
        "renewal before the beginning": (
            certificate(duration="2h", renewBefore="2h"),
            "certificate duration 2h must be greater than renewBefore 2h",
        ),
        "renewal before the beginning of 90 days": (
            certificate(renewBefore="2160h"),
            "certificate duration 2160h must be greater than renewBefore 2160h",
        ),
        "two times of renewal": (
            certificate(renewBefore="1h", renewBeforePercentage=50),
            "renewBefore and renewBeforePercentage are mutually exclusive",
        ),
        "renewal at the end": (
            certificate(duration="1h", renewBeforePercentage=100),
            "must result in a renewBefore greater than 5m0s",
        ),
        "renewal at the beginning": (
            certificate(duration="1h", renewBeforePercentage=0),
            "must result in a renewBefore less than duration",
        ),
        "an unknown usage": (certificate(usages=["server auth", "tea making"]), "spec.usages[1]: Unsupported value"),
        "no history": (certificate(revisionHistoryLimit=0), "spec.revisionHistoryLimit: Invalid value"),
        "a label that is none": (
            certificate(secretTemplate={"labels": {"app": "a shop"}}),
            'spec.secretTemplate.labels: Invalid value: "app": a valid label',
        ),
        "a label's name that is none": (certificate(secretTemplate={"labels": {"a b": ""}}), "name part must consist"),
        "an annotation's name that is none": (
            certificate(secretTemplate={"annotations": {"a b": ""}}),
            'spec.secretTemplate.annotations: Invalid value: "a b": name part must consist',
        ),
        "an annotation of the controllers": (
            certificate(secretTemplate={"annotations": {"cert-manager.io/issuer-name": "x"}}),
            "cert-manager.io/* annotations are not allowed",
        ),
        "annotations of 256 KiB and one byte": (
            certificate(secretTemplate={"annotations": {"a": "b" * 262144}}),
            "spec.secretTemplate.annotations: Too long",
        ),
        "name constraints of a leaf": (
            certificate(nameConstraints={"permitted": _TREE}),
            "spec.nameConstraints: Invalid value: isCA should be true when nameConstraints is set",
        ),
        "name constraints that constrain nothing": (
            certificate(isCA=True, nameConstraints={"critical": True}),
            "spec.nameConstraints: Invalid value: either permitted or excluded must be set",
        ),
        "a format twice": (
            certificate(additionalOutputFormats=[{"type": "DER"}, {"type": "DER"}]),
            "spec.additionalOutputFormats: Duplicate value",
        ),
        "an unknown format": (
            certificate(additionalOutputFormats=[{"type": "JKS"}]),
            "spec.additionalOutputFormats[0].type: Unsupported value",
        ),
        "a keystore with two passwords": (
            certificate(keystores={"pkcs12": _PKCS12 | {"passwordSecretRef": _REF}}),
            "spec.keystores.pkcs12: Forbidden: exactly one of passwordSecretRef and password",
        ),
        "a keystore without a password": (
            certificate(keystores={"pkcs12": {"create": True}}),
            "spec.keystores.pkcs12: Forbidden: must set exactly one of passwordSecretRef and password",
        ),
        "a keystore encrypted by RC2": (
            certificate(keystores={"pkcs12": _PKCS12 | {"profile": "LegacyRC2"}}),
            "spec.keystores.pkcs12.profile: Forbidden: the profile LegacyRC2 is not supported",
        ),
        "a keystore of 2026": (
            certificate(keystores={"pkcs12": _PKCS12 | {"profile": "Modern2026"}}),
            "spec.keystores.pkcs12.profile: Forbidden: the profile Modern2026 is not supported",
        ),
        "a keystore with an empty password": (
            certificate(keystores={"pkcs12": {"create": True, "password": ""}}),
            "spec.keystores.pkcs12.password: Forbidden: literal password cannot be empty",
        ),
    },
    "CertificateRequest": {
        "no request": (without(REQUEST, "request"), "spec.request: Required value"),
        "an empty request": (REQUEST | {"request": ""}, "spec.request: Invalid value"),
        "a request that isn't in base64": (REQUEST | {"request": "-----"}, "spec.request"),
        "a request that isn't in PEM": (REQUEST | {"request": "TUlJ"}, "failed to decode csr"),
        "no issuerRef": (without(REQUEST, "issuerRef"), "spec.issuerRef: Required value"),
        "an issuer without a name": (REQUEST | {"issuerRef": {"name": ""}}, "spec.issuerRef.name: Required value"),
        "an issuer of another kind": (REQUEST | {"issuerRef": {"name": "x", "kind": "Stamp"}}, "did you forget"),
        "an unknown usage": (REQUEST | {"usages": ["tea making"]}, "spec.usages[0]: Unsupported value"),
        "days": (REQUEST | {"duration": "90d"}, 'time: invalid duration "90d"'),
    },
    "Issuer": {
        "no type": ({}, "spec: Required value: at least one issuer must be configured"),
        "two types": ({"selfSigned": {}, "ca": CA}, "may not specify more than one issuer type"),
        "a CA without a secretName": ({"ca": {}}, "spec.ca.secretName: Required value"),
        "a CA with an empty secretName": ({"ca": {"secretName": ""}}, "spec.ca.secretName: Required value"),
        "an OCSP server without a URL": ({"ca": CA | {"ocspServers": [""]}}, "must be a valid URL"),
        "a CA's certificate without a URL": ({"ca": CA | {"issuingCertificateURLs": [""]}}, "must be a valid URL"),
    },
}

UNSUPPORTED: dict[str, dict[str, Spec]] = {
    "Certificate": {
        "otherNames": certificate(otherNames=[{"oid": "1.3.6.1.4.1.311.20.2.3", "utf8Value": "jo@example.com"}]),
        "renewal": certificate(
            renewal={
                "policy": "RenewBefore",
                "windows": [{"cron": "0 3 * * *", "timezone": "Europe/Berlin", "windowDuration": "2h"}],
            }
        ),
        "keystores.jks": certificate(
            keystores={"jks": {"create": True, "alias": "shop", "password": "changeit", "passwordSecretRef": _REF}}
        ),
    },
    "Issuer": {
        "acme": {
            "acme": {
                "server": "https://acme.example.com/directory",
                "privateKeySecretRef": {"name": "account"},
                "solvers": [{"http01": {"ingress": {"ingressClassName": "nginx"}}}],
            }
        },
        "vault": {
            "vault": {
                "server": "https://vault.example.com",
                "path": "pki/sign/x",
                "auth": {"tokenSecretRef": {"name": "t"}},
            }
        },
        "venafi": {"venafi": {"zone": "DevOps", "cloud": {"apiTokenSecretRef": {"name": "t", "key": "k"}}}},
    },
}

ACCEPTED["ClusterIssuer"] = ACCEPTED["Issuer"]
REFUSED["ClusterIssuer"] = REFUSED["Issuer"]
UNSUPPORTED["ClusterIssuer"] = UNSUPPORTED["Issuer"]

_TIME = "2026-11-25T18:00:00Z"
_READY = {
    "type": "Ready",
    "status": "True",
    "reason": "Ready",
    "message": "It is ready",
    "lastTransitionTime": _TIME,
}
_ISSUER_STATUS: Spec = {
    "conditions": [_READY | {"observedGeneration": 1}],
    "acme": {"uri": "https://acme.example.com/1", "lastRegisteredEmail": "a@example.com", "lastPrivateKeyHash": "x"},
}

STATUSES: dict[str, Spec] = {
    "Certificate": {
        "conditions": [_READY | {"observedGeneration": 1}],
        "notBefore": _TIME,
        "notAfter": _TIME,
        "renewalTime": _TIME,
        "revision": 7,
        "nextPrivateKeySecretName": "shop-tls-abcde",
        "lastFailureTime": _TIME,
        "failedIssuanceAttempts": 2,
        "acme": {
            "ari": {
                "explanationURL": "https://acme.example.com/why",
                "lastChecked": _TIME,
                "lastError": "none",
                "nextCheck": _TIME,
                "suggestedWindow": {"start": _TIME, "end": _TIME},
            }
        },
    },
    "CertificateRequest": {"conditions": [_READY], "certificate": PEM, "ca": PEM, "failureTime": _TIME},
    "Issuer": _ISSUER_STATUS,
    "ClusterIssuer": _ISSUER_STATUS,
}
