"""Which proofs are shown to a CA, on disk from before they are shown until after they are taken back.

Whoever is killed in between leaves the record, and the next process takes back what it names: what a finalizer is to
an object. cert-manager keeps the same in a Challenge, by its finalizer and `status.presented`.
"""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from certmanager.acme.challenge import Proof, Solver
from certmanager.acme.errors import AcmeError, BadReplyError
from certmanager.acme.fields import Fields
from certmanager.acme.identifier import Identifier
from certmanager.pki.files import write_atomically


@dataclass(frozen=True)
class PresentedChallenge:
    """A proof, and by what it is shown: a kind of solver (`webroot`) and where that is (a folder, a URL)."""

    solver: str
    where: str
    proof: Proof

    def __str__(self) -> str:
        return f"the proof for {self.proof.identifier}, shown by {self.solver} {self.where}"

    def to_json(self) -> dict[str, object]:
        """Its form in the file."""
        return {
            "solver": self.solver,
            "where": self.where,
            "identifier": self.proof.identifier.to_json(),
            "token": self.proof.token,
            "keyAuthorization": self.proof.key_authorization,
        }


SolverFor = Callable[[PresentedChallenge], Solver]


@dataclass(frozen=True)
class PresentedChallenges:
    """The record in the file `path`, which isn't there while nothing is shown.

    Raises:
        OSError: from every method, where the file can't be read or written.
        AcmeError: from every method, where it holds something else.
    """

    path: Path

    def read(self) -> list[PresentedChallenge]:
        """All that is shown."""
        try:
            members = Fields.from_json(self.path.read_bytes(), str(self.path))
            return [_parse(one) for one in members.nested_list("challenges")]
        except FileNotFoundError:
            return []
        except BadReplyError as error:
            raise AcmeError(
                f"{error}\nWhich proofs are still shown can't be told any more: look for them where they were shown, "
                "and remove the file."
            ) from None

    def add(self, shown: PresentedChallenge) -> None:
        """Keep that it is going to be shown."""
        self._write([*(one for one in self.read() if one != shown), shown])

    def remove(self, taken_back: PresentedChallenge) -> None:
        """Forget it."""
        self._write([one for one in self.read() if one != taken_back])

    def _write(self, shown: Sequence[PresentedChallenge]) -> None:
        if not shown:
            self.path.unlink(missing_ok=True)
            return
        write_atomically(self.path, json.dumps({"challenges": [one.to_json() for one in shown]}, indent=1).encode())


class RecordingSolver:
    """A Solver that has another one show the proofs, and keeps in a record which ones."""

    def __init__(self, solver: Solver, name: str, where: str, record: PresentedChallenges) -> None:
        """`name` and `where` say what the other one is, so that a later process can make it again."""
        self._solver = solver
        self._name = name
        self._where = where
        self._record = record

    async def present(self, proof: Proof) -> None:
        """Record it, then show it."""
        self._record.add(self._shown(proof))
        await self._solver.present(proof)

    async def clean_up(self, proof: Proof) -> None:
        """Take it back, then forget it."""
        await self._solver.clean_up(proof)
        self._record.remove(self._shown(proof))

    def _shown(self, proof: Proof) -> PresentedChallenge:
        return PresentedChallenge(self._name, self._where, proof)


async def take_back(record: PresentedChallenges, solver_for: SolverFor, report: Callable[[str], None]) -> None:
    """Take all proofs of the record back (RFC 8555 section 8.3 and 8.4: de-provision), each reported.

    Raises:
        AcmeError: one can't be taken back; it stays in the record.
        OSError: the record can't be read or written.
    """
    for shown in record.read():
        await solver_for(shown).clean_up(shown.proof)
        record.remove(shown)
        report(f"Taken back: {shown}")


def _parse(members: Fields) -> PresentedChallenge:
    identifier = Identifier.parse(members.nested("identifier"))
    proof = Proof(identifier, members.line("token"), members.line("keyAuthorization"))
    return PresentedChallenge(members.line("solver"), members.line("where"), proof)
