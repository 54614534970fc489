"""`python -m icecream_operator.freezer`: what somebody who looks after the freezer needs.

Exit codes: 0 if all is well or was mended, 1 if something is wrong or can't be done now, 2 if it isn't used this way.
"""

import argparse
import asyncio
import contextlib
import os
import re
import sys

from icecream_operator.freezer import commands, database_url
from icecream_operator.freezer.errors import FreezerError
from reconciling.connection import CredentialsError
from reconciling.errors import NotFound, Retry

_A_FLAVOUR_AND_A_NUMBER = "FLAVOUR and SCOOPS: stock vanilla 5"


def main() -> int:
    """Carry out a command and return its exit code."""
    parser = _parser()
    arguments = parser.parse_args()
    if arguments.command == "stock" and (arguments.flavour is None) != (arguments.scoops is None):
        parser.error(f"to set a stock, name {_A_FLAVOUR_AND_A_NUMBER}")
    try:
        with contextlib.closing(arguments.freezer_url):
            exit_code = asyncio.run(commands.run(arguments))
        sys.stdout.flush()
    except (CredentialsError, FreezerError) as error:
        print(f"freezer: {error}", file=sys.stderr)
        return 2
    except (Retry, NotFound) as error:
        print(f"freezer: {error}", file=sys.stderr)
        return 1
    except BrokenPipeError:  # whoever reads has read enough, say `head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    return exit_code


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="freezer", description="The stock of scoops, and what is reserved of it.")
    parser.add_argument("--kubeconfig", metavar="FILE", help="which cluster (default: the variable KUBECONFIG)")
    database_url.add_argument(parser)
    subparsers = parser.add_subparsers(dest="command", required=True)

    stock = subparsers.add_parser("stock", help="show the scoops of each flavour, or set them to what was counted")
    stock.add_argument("flavour", nargs="?", type=_flavour)
    stock.add_argument("scoops", nargs="?", type=_count)
    refill = subparsers.add_parser("refill", help="add scoops")
    refill.add_argument("flavour", type=_flavour)
    refill.add_argument("scoops", type=_refill)
    ledger = subparsers.add_parser("ledger", help="show every change, oldest first")
    ledger.add_argument("flavour", nargs="?", type=_flavour, help="of this flavour alone")
    subparsers.add_parser("check", help="whether the ledger adds up to the stock; exit 1 if it doesn't")
    repair = subparsers.add_parser("repair", help="mend what has come apart from the icecreams of the cluster")
    repair.add_argument("--dry-run", action="store_true", help="only say it; exit 1 if there is something")
    return parser


def _flavour(text: str) -> str:
    if not re.fullmatch(r"\S+( \S+)*", text) or not text.isprintable():
        raise argparse.ArgumentTypeError(f"{text!r} is no name of a flavour")
    return text


def _count(text: str) -> int:
    if not re.fullmatch(r"[0-9]{1,9}", text):
        raise argparse.ArgumentTypeError(f"{text!r} is no number of scoops: 0, 1, 2, up to 999999999")
    return int(text)


def _refill(text: str) -> int:
    if not (scoops := _count(text)):
        raise argparse.ArgumentTypeError("a refill adds at least one scoop; to set a number, say: stock FLAVOUR SCOOPS")
    return scoops


if __name__ == "__main__":
    sys.exit(main())
