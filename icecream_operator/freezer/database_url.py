"""The option --freezer-url, which is the same for the operator and for the freezer's own command line."""

import argparse
import os

from icecream_operator.freezer.database import Database
from icecream_operator.freezer.errors import FreezerError

VARIABLE = "FREEZER_URL"
DEFAULT = "sqlite:///freezer.db"


def add_argument(parser: argparse.ArgumentParser) -> None:
    """Add the option. Its value is a Database; one that can't be the freezer's is a usage error."""
    parser.add_argument(
        "--freezer-url",
        type=_database,
        default=os.environ.get(VARIABLE, DEFAULT),
        metavar="URL",
        help=f"the freezer's database, SQLite or PostgreSQL (default: the variable {VARIABLE}, else {DEFAULT})",
    )


def _database(url: str) -> Database:
    try:
        return Database(url)
    except FreezerError as error:
        raise argparse.ArgumentTypeError(str(error)) from error
