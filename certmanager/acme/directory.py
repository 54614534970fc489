"""The directory: where a CA's resources are, the only URL that a client has to know (RFC 8555 section 7.1.1)."""

from dataclasses import dataclass

from certmanager.acme.fields import Fields


@dataclass(frozen=True)
class Directory:
    """The URLs of the resources that are asked for new things, and what the CA says of itself (`meta`)."""

    url: str
    new_nonce: str
    new_account: str
    new_order: str
    revoke_cert: str
    key_change: str | None
    terms_of_service: str | None
    website: str | None
    caa_identities: tuple[str, ...]
    external_account_required: bool


def parse(body: bytes, url: str) -> Directory:
    """Read the directory at `url`.

    Raises:
        BadReplyError: a URL that section 7.1.1 demands isn't there.
    """
    members = Fields.from_json(body, f"the directory {url}")
    meta = members.nested("meta") if members.has("meta") else Fields({}, "the meta of the directory")
    return Directory(
        url=url,
        new_nonce=members.url("newNonce"),
        new_account=members.url("newAccount"),
        new_order=members.url("newOrder"),
        revoke_cert=members.url("revokeCert"),
        key_change=members.optional_url("keyChange"),
        terms_of_service=meta.text("termsOfService", "") or None,
        website=meta.text("website", "") or None,
        caa_identities=meta.texts("caaIdentities"),
        external_account_required=meta.flag("externalAccountRequired"),
    )
