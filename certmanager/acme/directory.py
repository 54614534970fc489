"""The directory: where a CA's resources are, the only URL that a client has to know (RFC 8555 section 7.1.1)."""

from dataclasses import dataclass

from certmanager.acme.fields import Fields
from certmanager.acme.urls import is_https_url


@dataclass(frozen=True)
class Directory:
    """The URLs of the resources that are asked for new things, and what the CA says of itself (`meta`).

    What an issuance can do without is None where the CA hasn't it, or has something else there.
    """

    url: str
    new_nonce: str
    new_account: str
    new_order: str
    revoke_cert: str | None
    key_change: str | None
    terms_of_service: str | None
    website: str | None
    caa_identities: tuple[str, ...]
    external_account_required: bool


def parse(body: bytes, url: str) -> Directory:
    """Read the directory at `url`.

    Raises:
        BadReplyError: a URL that every issuance needs isn't there.
    """
    members = Fields.from_json(body, f"the directory {url}")
    meta = members.nested("meta") if members.is_object("meta") else Fields({}, "the meta of the directory")
    return Directory(
        url=url,
        new_nonce=members.url("newNonce"),
        new_account=members.url("newAccount"),
        new_order=members.url("newOrder"),
        revoke_cert=_url(members, "revokeCert"),
        key_change=_url(members, "keyChange"),
        terms_of_service=meta.lenient_text("termsOfService") or None,
        website=meta.lenient_text("website") or None,
        caa_identities=meta.lenient_texts("caaIdentities"),
        external_account_required=meta.lenient_flag("externalAccountRequired"),
    )


def _url(members: Fields, name: str) -> str | None:
    url = members.lenient_text(name)
    return url if is_https_url(url) else None
