"""`workshop acme revoke`: a certificate that nobody should trust any more."""

import click
from cryptography import x509

from certmanager.acme.certificate_revocation import revoke_certificate
from certmanager.acme.revocation import Reason
from workshop.cli.acme_folder import Folder, folder_command

_REASONS = {flag.value: Reason[flag.name.upper()] for flag in x509.ReasonFlags}


@click.command("revoke")
@click.option(
    "--reason",
    type=click.Choice(list(_REASONS)),
    metavar="REASON",
    help="Why: keyCompromise, superseded, cessationOfOperation, or another of RFC 5280 section 5.3.1.",
)
@click.option("--by-certificate-key", is_flag=True, help="Sign with the certificate's own key, not the account's.")
@folder_command
async def command(folder: Folder, reason: str | None, by_certificate_key: bool) -> None:
    """Revoke the certificate of NAME.

    Then it is removed from its folder, and its key with it. Run again, it goes on.
    """
    await revoke_certificate(
        folder.storage,
        folder.directory_url,
        folder.report,
        reason=None if reason is None else _REASONS[reason],
        by_certificate_key=by_certificate_key,
        trust=folder.trust,
        on_exchange=folder.on_exchange,
    )
