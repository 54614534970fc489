"""`workshop acme deactivate-account`: the last of all."""

import click

from certmanager.acme.account_deactivation import deactivate_account
from workshop.cli.acme_folder import Folder, folder_command


@click.command("deactivate-account")
@folder_command
async def command(folder: Folder) -> None:
    """End the account of NAME, for good.

    Certificates that it got stay valid; revoke before what nobody wants any more.
    """
    await deactivate_account(
        folder.storage, folder.directory_url, folder.report, trust=folder.trust, on_exchange=folder.on_exchange
    )
