"""The operator is started with a database that can't be the freezer's: it says so in a line, and ends."""

import pytest

from icecream_operator.freezer.database import Database
from tests.freezer import somebody_else
from tests.operator.test_start import run

pytestmark = pytest.mark.slow


@pytest.mark.parametrize(
    ("url", "problem"),
    [
        (
            "mysql://me:sesame@host/freezer",
            "mysql: the freezer knows sqlite:///FILE and postgresql://USER@HOST/DATABASE",
        ),
        ("sqlite:////nowhere/freezer.db", "/nowhere is not a folder, so no database can be in it"),
    ],
)
def test_a_url_that_can_not_be_one(url: str, problem: str) -> None:
    assert_refused(url, problem)


def test_a_schema_of_another_version(sqlite: str) -> None:
    Database(sqlite).close()
    somebody_else.execute(sqlite, "UPDATE freezer_schema SET version = 2")
    assert_refused(sqlite, f"{sqlite} has the freezer's tables in version 2, and this operator knows version 1")


def assert_refused(url: str, problem: str) -> None:
    ended = run(f"--freezer-url={url}")
    *usage, line = ended.stderr.splitlines()
    assert (ended.returncode, ended.stdout, line) == (
        2,
        "",
        f"icecream_operator: error: argument --freezer-url: {problem}",
    )
    assert "Traceback" not in ended.stderr
    assert usage[0].startswith("usage: icecream_operator")
