"""HTTP-01 by a web server that runs already: proofs as files in the folder that it serves (RFC 8555 section 8.3).

certbot and lego call that folder the webroot. A file there outlives the process that wrote it; who remembers it stands
in `presented`.
"""

from pathlib import Path

from certmanager.acme.challenge import Proof
from certmanager.acme.errors import SolverError


class Webroot:
    """A Solver: what it presents is a file below `folder`, at the path that HTTP-01 wants."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    async def present(self, proof: Proof) -> None:
        """Write the file.

        Raises:
            SolverError: that can't be done.
        """
        path = self._path(proof)
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(proof.key_authorization)
        except OSError as error:
            raise SolverError(f"the proof for {proof.identifier} can't be put into the webroot: {error}") from error

    async def clean_up(self, proof: Proof) -> None:
        """Remove the file, if it is there.

        Raises:
            SolverError: that can't be done.
        """
        try:
            self._path(proof).unlink(missing_ok=True)
        except OSError as error:
            raise SolverError(f"the proof for {proof.identifier} can't be taken back: {error}") from error

    def _path(self, proof: Proof) -> Path:
        return self._folder / proof.http_path.lstrip("/")
