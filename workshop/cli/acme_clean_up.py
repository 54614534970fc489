"""`workshop acme clean-up`: give back what an order has left behind."""

from collections.abc import Callable, Mapping
from pathlib import Path

import click

from certmanager.acme.challenge import Solver
from certmanager.acme.cleanup import clean_up_folder
from certmanager.acme.errors import AcmeError
from certmanager.acme.presented import PresentedChallenge, PresentedChallenges, RecordingSolver
from certmanager.acme.storage import Storage
from certmanager.acme.webroot import Webroot
from workshop.cli.acme_folder import Folder, folder_command
from workshop.pebble.challtestsrv import ChallTestSrv

_WEBROOT = "webroot"
_CHALLTESTSRV = "challtestsrv"
_SOLVERS: Mapping[str, Callable[[str], Solver]] = {
    _WEBROOT: lambda where: Webroot(Path(where)),
    _CHALLTESTSRV: ChallTestSrv,
}


@click.command("clean-up")
@click.option("--deactivate-valid", is_flag=True, help="Deactivate authorizations that are valid, too.")
@folder_command
async def command(folder: Folder, deactivate_valid: bool) -> None:
    """Give back what an order has left behind.

    Proofs that are still shown are taken back, and authorizations that are still pending are deactivated. What there
    is to do is read from the folder of NAME and from the CA; run again, it goes on.
    """
    await clean_up_folder(
        folder.storage,
        folder.directory_url,
        _solver_for,
        folder.report,
        deactivate_valid=deactivate_valid,
        trust=folder.trust,
        on_exchange=folder.on_exchange,
    )


def webroot(folder: Path, storage: Storage) -> Solver:
    """A Solver by the web server of `folder`, which `clean-up` finds again."""
    where = str(folder.resolve())
    return RecordingSolver(Webroot(folder), _WEBROOT, where, PresentedChallenges(storage.challenges))


def challtestsrv(management_url: str, storage: Storage) -> Solver:
    """A Solver by a challtestsrv that outlives this process, which `clean-up` finds again."""
    solver = ChallTestSrv(management_url)
    return RecordingSolver(solver, _CHALLTESTSRV, management_url, PresentedChallenges(storage.challenges))


def _solver_for(shown: PresentedChallenge) -> Solver:
    if shown.solver not in _SOLVERS:
        raise AcmeError(f"{shown} can't be taken back: nothing here is called {shown.solver!r:.40}")
    return _SOLVERS[shown.solver](shown.where)
