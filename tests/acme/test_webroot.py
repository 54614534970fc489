"""A webroot shows a proof by a file, at the path that HTTP-01 wants."""

from pathlib import Path

import pytest

from certmanager.acme.challenge import Proof
from certmanager.acme.errors import SolverError
from certmanager.acme.identifier import Identifier
from certmanager.acme.webroot import Webroot

PROOF = Proof(Identifier.of("a.test"), "to-ken_1", "to-ken_1.thumbprint")


async def test_a_proof_is_a_file_until_it_is_taken_back(tmp_path: Path) -> None:
    solver = Webroot(tmp_path)
    for _ in range(2):
        await solver.present(PROOF)
        assert (tmp_path / ".well-known/acme-challenge/to-ken_1").read_text() == "to-ken_1.thumbprint"
    for _ in range(2):
        await solver.clean_up(PROOF)
        assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


async def test_a_webroot_that_is_gone_shows_nothing_any_more(tmp_path: Path) -> None:
    await Webroot(tmp_path / "gone").clean_up(PROOF)


async def test_a_webroot_that_can_t_be_written_is_said_to_be_the_reason(tmp_path: Path) -> None:
    (tmp_path / ".well-known").write_text("a file")
    with pytest.raises(SolverError, match=r"the proof for a\.test can't be put into the webroot: .*\.well-known"):
        await Webroot(tmp_path).present(PROOF)


async def test_a_file_that_can_t_be_removed_is_said_to_be_the_reason(tmp_path: Path) -> None:
    (tmp_path / ".well-known/acme-challenge/to-ken_1").mkdir(parents=True)
    with pytest.raises(SolverError, match=r"the proof for a\.test can't be taken back: "):
        await Webroot(tmp_path).clean_up(PROOF)
