"""The freezer's command line: each command, each mistake in a line, and never a traceback."""

import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

import pytest

from icecream_operator.client import Icecreams
from icecream_operator.finalizer import FINALIZER
from icecream_operator.freezer import __main__ as command_line
from icecream_operator.freezer import commands, ledger
from icecream_operator.freezer.database import Database
from icecream_operator.freezer.stock import DEFAULT_SCOOPS
from icecream_operator.icecream import Icecream
from reconciling.connection import Connection
from tests.freezer import somebody_else
from tests.freezer.inventory import assert_books_balance, put, reserve, reserved, stocked, transaction, wish
from tests.freezer.postgresql import Server
from workshop.testing.control_plane import ControlPlane
from workshop.testing.icecreams import manifest
from workshop.testing.shop import Shop
from workshop.workspace.cluster import CHECKOUT


@dataclass(frozen=True)
class Ended:
    code: int
    output: str
    errors: str


PIPE_BUFFER = 65536  # bytes that are written without anybody reading them
Run: TypeAlias = Callable[..., Ended]


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], serving: ControlPlane, sqlite: str) -> Run:
    """Run a command in this process: `run("refill", "matcha", "3")`."""
    monkeypatch.setenv("KUBECONFIG", str(serving.kubeconfig))
    monkeypatch.setenv("FREEZER_URL", sqlite)

    def run_here(*arguments: str) -> Ended:
        monkeypatch.setattr(sys, "argv", ["freezer", *arguments])
        try:
            code = command_line.main()
        except SystemExit as ended:
            code = int(ended.code or 0)
        return Ended(code, *capsys.readouterr())

    return run_here


@pytest.fixture
def url(sqlite: str) -> str:
    return sqlite


def test_stock_shows_what_is_there_and_what_is_reserved(run: Run, database: Database, cluster: str) -> None:
    put(database, cluster, matcha=5, vanilla=0)
    reserve(database, wish("a", "matcha"), cluster=cluster)
    assert run("stock") == Ended(
        0,
        "FLAVOUR   SCOOPS   RESERVED\n"
        "matcha    4        1\n"
        "vanilla   0        0\n"
        f"Any other flavour has {DEFAULT_SCOOPS} scoops.\n",
        "",
    )


def test_stock_sets_what_was_counted(run: Run, database: Database, cluster: str) -> None:
    assert run("stock", "crème brûlée", "0") == Ended(0, "crème brûlée: 0 scoops\n", "")
    assert stocked(database, cluster) == {"crème brûlée": 0}


def test_refill_adds(run: Run, database: Database, cluster: str) -> None:
    assert run("refill", "matcha", "3") == Ended(0, f"matcha: {DEFAULT_SCOOPS + 3} scoops\n", "")
    assert stocked(database, cluster) == {"matcha": DEFAULT_SCOOPS + 3}


def test_ledger_shows_each_change_of_all_or_of_one_flavour(run: Run, database: Database, cluster: str) -> None:
    reserve(database, wish("a", "matcha", "vanilla"), cluster=cluster)
    ended = run("ledger", "matcha")
    assert (ended.code, ended.errors) == (0, "")
    assert ended.output.splitlines() == [
        "TIME                   FLAVOUR   SCOOPS   REASON    ICECREAM",
        f"2026-01-01T00:00:00Z   matcha    +{DEFAULT_SCOOPS}      opening",
        "2026-01-01T00:00:00Z   matcha    -1       reserve   a",
    ]
    assert len(run("ledger").output.splitlines()) == 5
    assert run("ledger", "zest").output == "TIME   FLAVOUR   SCOOPS   REASON   ICECREAM\n"


def test_check_says_whether_the_ledger_adds_up(run: Run, database: Database, cluster: str, sqlite: str) -> None:
    assert run("check") == Ended(0, "The ledger adds up to the stock.\n", "")
    put(database, cluster, matcha=5)
    somebody_else.execute(sqlite, "UPDATE freezer_stock SET scoops = 9")
    assert run("check") == Ended(1, "matcha: the stock is 9, and the ledger adds up to 5\n", "")


@pytest.mark.parametrize("scoops", ["-3", "many", "1.5", str(10**12), "", " 3", "+3", "٣", "1e3"])
@pytest.mark.parametrize("command", ["stock", "refill"])
def test_what_is_no_number_of_scoops_is_refused(run: Run, command: str, scoops: str) -> None:
    ended = run(command, "matcha", scoops)
    assert ended.code == 2
    assert f"{scoops!r} is no number of scoops: 0, 1, 2, up to 999999999" in ended.errors


def test_a_refill_of_nothing_is_refused(run: Run) -> None:
    ended = run("refill", "matcha", "0")
    assert ended.code == 2
    assert "a refill adds at least one scoop; to set a number, say: stock FLAVOUR SCOOPS" in ended.errors


@pytest.mark.parametrize("flavour", ["", " ", " matcha", "mat\ncha", "mat  cha", "\udcff", "\t"])
def test_what_is_no_name_of_a_flavour_is_refused(run: Run, flavour: str) -> None:
    for arguments in (["refill", flavour, "1"], ["stock", flavour, "1"], ["ledger", flavour]):
        ended = run(*arguments)
        assert ended.code == 2
        assert "is no name of a flavour" in ended.errors


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        ([], "the following arguments are required: command"),
        (["eat"], "invalid choice: 'eat'"),
        (["refill"], "the following arguments are required: flavour, scoops"),
        (["refill", "matcha"], "the following arguments are required: scoops"),
        (["stock", "matcha"], "to set a stock, name FLAVOUR and SCOOPS: stock vanilla 5"),
        (["stock", "matcha", "1", "2"], "unrecognized arguments: 2"),
        (["repair", "--now"], "unrecognized arguments: --now"),
        (["--freezer-url", "mysql://me:sesame@host/db", "stock"], "argument --freezer-url: mysql: the freezer knows"),
        (["--freezer-url", "sqlite:////nowhere/f.db", "stock"], "argument --freezer-url: /nowhere is not a folder"),
    ],
)
def test_what_it_does_not_understand_is_a_usage_error(run: Run, arguments: list[str], problem: str) -> None:
    ended = run(*arguments)
    assert ended.code == 2
    assert ended.errors.splitlines()[-1].startswith("freezer")
    assert problem in ended.errors.splitlines()[-1]
    assert "sesame" not in ended.errors


def test_without_a_kubeconfig_it_asks_for_one(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("KUBECONFIG")
    ended = run("stock")
    assert (ended.code, ended.output) == (2, "")
    assert ended.errors.startswith("freezer: Which cluster?")


def test_without_an_api_server_it_says_so(run: Run, tmp_path: Path, serving: ControlPlane) -> None:
    nowhere = tmp_path / "kubeconfig"
    nowhere.write_text(serving.kubeconfig.read_text().replace(serving.components.spec.server, "https://127.0.0.1:1"))
    ended = run("--kubeconfig", str(nowhere), "stock")
    assert (ended.code, ended.output, ended.errors.count("\n")) == (1, "", 1)
    assert ended.errors.startswith("freezer: reading the namespace kube-system: Cannot connect to host 127.0.0.1:1")


def test_without_a_database_it_says_so(run: Run) -> None:
    ended = run("--freezer-url", "postgresql://me:sesame@127.0.0.1:1/freezer", "stock")
    assert (ended.code, ended.output, ended.errors.count("\n")) == (1, "", 1)
    assert ended.errors.startswith("freezer: the freezer at postgresql://me:***@127.0.0.1:1/freezer is not available: ")


def test_postgresql_by_url(run: Run, postgresql: Server) -> None:
    postgresql.empty()
    at = ("--freezer-url", postgresql.url())
    assert run(*at, "refill", "matcha", "1").code == 0
    assert run(*at, "stock", "matcha", "999999999").code == 0
    assert f"matcha    {10**9 - 1}" in run(*at, "stock").output
    assert run(*at, "check").code == 0


@pytest.fixture
def apart(shop: Shop, database: Database, cluster: str) -> Shop:
    """A shop where one reservation has leaked, one is missing, one is another than it should be, and one is right."""
    put(database, cluster, vanilla=1)
    for name, flavour in (("lacking", "matcha"), ("moved", "zest"), ("right", "peach"), ("unserved", "lemon")):
        shop.icecreams.create(manifest(name, flavour, finalizers=[FINALIZER]))
    put(database, cluster, lemon=0)
    for name, flavour in (("moved", "vanilla"), ("right", "peach"), ("gone", "vanilla")):
        stored = shop.icecreams.read(name)
        uid = stored["metadata"]["uid"] if stored else "uid of another life"
        put(database, cluster, vanilla=2)
        reserve(database, type(wish(""))(uid, name, frozenset({flavour})), cluster=cluster)
    reserve(database, wish("theirs", "vanilla"), cluster="another")
    return shop


FOUND = [
    "gone is gone, and vanilla is reserved for it: to be given back",
    "lacking has nothing reserved: to be matcha",
    "moved has vanilla reserved: to be zest",
    "unserved has nothing reserved: to be lemon",
]


@pytest.mark.usefixtures("apart")
def test_a_dry_run_finds_what_has_come_apart_and_leaves_it(run: Run, database: Database, cluster: str) -> None:
    before = reserved(database, cluster)
    ended = run("repair", "--dry-run")
    assert (ended.code, ended.errors) == (1, "")
    assert sorted(ended.output.splitlines()) == FOUND
    assert reserved(database, cluster) == before


@pytest.mark.usefixtures("apart")
def test_repair_mends_it_and_leaves_the_other_clusters(run: Run, database: Database, cluster: str) -> None:
    ended = run("repair")
    assert (ended.code, ended.errors) == (0, "")
    assert sorted(ended.output.splitlines()) == ["  lemon is out of stock: it waits for a refill", *FOUND]
    assert reserved(database, cluster) == {"lacking": {"matcha"}, "moved": {"zest"}, "right": {"peach"}}
    assert reserved(database, "another") == {"theirs": {"vanilla"}}
    assert_books_balance(database, cluster)
    put(database, cluster, lemon=1)
    assert run("repair").code == 0
    assert run("repair") == Ended(0, "Nothing to repair.\n", "")
    assert run("repair", "--dry-run") == Ended(0, "Nothing to repair.\n", "")


class Meanwhile(Icecreams):
    """Right after the first list, somebody deletes all."""

    def __init__(self, connection: Connection, shop: Shop) -> None:
        super().__init__(lambda: connection.api)
        self.shop = shop

    async def list(self) -> list[Icecream]:
        listed = await super().list()
        self.shop.icecreams.delete_all()
        return listed


async def test_what_is_deleted_during_the_repair_keeps_nothing(
    shop: Shop, serving: ControlPlane, database: Database, cluster: str
) -> None:
    shop.icecreams.create(manifest("a", "matcha", finalizers=[FINALIZER]))
    async with Connection(str(serving.kubeconfig)) as connection:
        await connection.login()
        assert await commands.repair(database, cluster, Meanwhile(connection, shop), dry_run=False) == 0
    assert reserved(database, cluster) == {}
    assert_books_balance(database, cluster)


@pytest.mark.slow
def test_a_reader_who_goes_early_is_no_error(
    serving: ControlPlane, database: Database, cluster: str, sqlite: str
) -> None:
    put(database, cluster, matcha=5)
    pipeline = f"{sys.executable} -m icecream_operator.freezer ledger | true"
    ended = subprocess.run(
        ["bash", "-c", pipeline],
        cwd=CHECKOUT,
        env={**os.environ, "KUBECONFIG": str(serving.kubeconfig), "FREEZER_URL": sqlite},
        capture_output=True,
        text=True,
        check=True,
    )
    assert ended.stderr == ""


@pytest.mark.slow
def test_a_reader_who_takes_his_time_holds_nobody_up(
    serving: ControlPlane, database: Database, cluster: str, sqlite: str
) -> None:
    with transaction(database, cluster) as t:
        for number in range(PIPE_BUFFER // 40):
            ledger.record(t, f"flavour {number}", 1, "as long as forty characters")
    argv = [sys.executable, "-m", "icecream_operator.freezer", "ledger"]
    environment = {**os.environ, "KUBECONFIG": str(serving.kubeconfig), "FREEZER_URL": sqlite}
    with subprocess.Popen(argv, cwd=CHECKOUT, env=environment, stdout=subprocess.PIPE) as process:
        assert process.stdout
        assert process.stdout.read(4) == b"TIME"
        put(database, cluster, matcha=5)
        process.kill()


@pytest.mark.slow
def test_workshop_freezer_is_that_of_the_workspace(serving: ControlPlane, tmp_path: Path) -> None:
    environment = {**os.environ, "WORKSHOP_HOME": str(tmp_path), "KUBECONFIG": str(serving.kubeconfig)}
    context = serving.kubectl("config", "current-context").strip()

    def workshop(*arguments: str) -> subprocess.CompletedProcess[str]:
        argv = [sys.executable, "-m", "workshop", *arguments]
        return subprocess.run(argv, cwd=CHECKOUT, env=environment, capture_output=True, text=True, check=False)

    workshop("up", "--provider=existing", f"--context={context}", "--yes").check_returncode()
    assert workshop("freezer", "stock", "matcha", "4").stdout == "matcha: 4 scoops\n"
    assert (tmp_path / "freezer.db").exists()
    refused = workshop("freezer", "refill", "matcha", "-3")
    assert (refused.returncode, "Traceback" in refused.stderr) == (2, False)
