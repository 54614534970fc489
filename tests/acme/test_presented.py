"""A proof is on record from before it is shown until after it is taken back."""

import json
from pathlib import Path

import pytest

from certmanager.acme.challenge import Proof, Solver
from certmanager.acme.errors import AcmeError, SolverError
from certmanager.acme.identifier import Identifier
from certmanager.acme.presented import PresentedChallenge, PresentedChallenges, RecordingSolver, take_back

ONE, OTHER = (Proof(Identifier.of(name), f"token-{name}", f"token-{name}.key") for name in ("a.test", "b.test"))


class Board:
    """A Solver that says what is on record at each of its calls, and may be broken."""

    def __init__(self, record: PresentedChallenges) -> None:
        self.record = record
        self.broken = False
        self.calls: list[tuple[str, str, list[str]]] = []

    async def present(self, proof: Proof) -> None:
        self._called("present", proof)

    async def clean_up(self, proof: Proof) -> None:
        self._called("clean_up", proof)

    def _called(self, what: str, proof: Proof) -> None:
        self.calls.append((what, str(proof.identifier), [str(one.proof.identifier) for one in self.record.read()]))
        if self.broken:
            raise SolverError("broken")


@pytest.fixture
def record(tmp_path: Path) -> PresentedChallenges:
    return PresentedChallenges(tmp_path / "challenges.json")


@pytest.fixture
def board(record: PresentedChallenges) -> Board:
    return Board(record)


def recording(board: Board) -> Solver:
    return RecordingSolver(board, "board", "here", board.record)


async def test_a_proof_is_recorded_before_it_is_shown_and_forgotten_after_it_is_taken_back(board: Board) -> None:
    solver = recording(board)
    for proof in (ONE, OTHER):
        await solver.present(proof)
    for proof in (ONE, OTHER):
        await solver.clean_up(proof)
    assert board.calls == [
        ("present", "a.test", ["a.test"]),
        ("present", "b.test", ["a.test", "b.test"]),
        ("clean_up", "a.test", ["a.test", "b.test"]),
        ("clean_up", "b.test", ["b.test"]),
    ]
    assert not board.record.path.exists()


async def test_a_proof_that_is_shown_twice_is_on_record_once(board: Board) -> None:
    for _ in range(2):
        await recording(board).present(ONE)
    assert board.record.read() == [PresentedChallenge("board", "here", ONE)]


async def test_a_proof_that_can_t_be_shown_or_taken_back_stays_on_record(board: Board) -> None:
    board.broken = True
    solver = recording(board)
    for call in (solver.present, solver.clean_up):
        with pytest.raises(SolverError):
            await call(ONE)
        assert [one.proof for one in board.record.read()] == [ONE]


async def test_another_process_takes_back_what_is_on_record(board: Board) -> None:
    for proof in (ONE, OTHER):
        await recording(board).present(proof)
    board.calls.clear()
    asked: list[PresentedChallenge] = []
    said: list[str] = []

    def solver_for(shown: PresentedChallenge) -> Solver:
        asked.append(shown)
        return board

    for _ in range(2):
        await take_back(PresentedChallenges(board.record.path), solver_for, said.append)
    assert [call[:2] for call in board.calls] == [("clean_up", "a.test"), ("clean_up", "b.test")]
    assert asked == [PresentedChallenge("board", "here", proof) for proof in (ONE, OTHER)]
    assert said == [f"Taken back: the proof for {name}, shown by board here" for name in ("a.test", "b.test")]
    assert not board.record.path.exists()


@pytest.mark.parametrize("content", ["", "{", "[]", "{}", '{"challenges": [{}]}', '{"challenges": 7}', "\udcff"])
async def test_a_record_that_is_none_is_named_and_left_alone(record: PresentedChallenges, content: str) -> None:
    record.path.write_bytes(content.encode(errors="surrogateescape"))
    with pytest.raises(AcmeError, match=r"challenges\.json .*\n?.*look for them where they were shown"):
        await RecordingSolver(Board(record), "board", "here", record).present(ONE)
    assert record.path.read_bytes() == content.encode(errors="surrogateescape")


async def test_the_record_is_for_its_owner_s_eyes_only(board: Board) -> None:
    await recording(board).present(ONE)
    assert board.record.path.stat().st_mode & 0o777 == 0o600
    assert json.loads(board.record.path.read_bytes())["challenges"][0]["token"] == "token-a.test"
