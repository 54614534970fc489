"""The operator, which dies at one of its commits (`--kill=BEFORE:3`, `--kill=AFTER:3`) or counts them (`--count=FILE`).

Only commits of something that was written count, the making of the tables among them.
"""

import os
import signal
import sys
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, event

from icecream_operator.__main__ import main


def kill_at(nth: int, *, before: bool) -> None:
    number = 0

    @event.listens_for(Engine, "commit")
    def commit(connection: Connection) -> None:
        nonlocal number
        number += _wrote(connection)
        if number == nth:
            if not before:
                connection.connection.commit()
            os.kill(os.getpid(), signal.SIGKILL)


def count(file: Path) -> None:
    file.touch()

    @event.listens_for(Engine, "commit")
    def commit(connection: Connection) -> None:
        if _wrote(connection):
            with file.open("a") as counted:
                counted.write(".")


@event.listens_for(Engine, "after_cursor_execute")
def executed(connection: Connection, _cursor: Any, statement: str, *_: Any) -> None:
    connection.info["wrote"] = connection.info.get("wrote", False) or "freezer_ledger (cluster" in statement


@event.listens_for(Engine, "rollback")
def rolled_back(connection: Connection) -> None:
    connection.info.pop("wrote", None)


def _wrote(connection: Connection) -> bool:
    return bool(connection.info.pop("wrote", False))


if __name__ == "__main__":
    what, value = sys.argv.pop().split("=")
    if what == "--count":
        count(Path(value))
    else:
        when, nth = value.split(":")
        kill_at(int(nth), before=when == "BEFORE")
    sys.exit(main())
