"""Why an operator doesn't do what a check expects, as far as its end, its log and its stacks say."""

import contextlib
from collections.abc import Callable, Collection
from dataclasses import dataclass

from workshop.system import processes
from workshop.system.polling import eventually
from workshop.testing import hang, operator_log
from workshop.testing.failures import CheckFailedError, students_files
from workshop.testing.operator_log import LoggedError
from workshop.testing.operator_process import OperatorProcess
from workshop.testing.stack_dump import StackDump
from workshop.workspace.cluster import CHECKOUT

_EVERY = 0.1  # seconds between two dumps


@dataclass(frozen=True)
class Diagnosis:
    """What can be said, line by line, and the place to look at, where one is known."""

    lines: list[str]
    place: str = ""


def diagnose(operator: OperatorProcess, names: Collection[str], *, asks: bool) -> Diagnosis:
    """Say why the operator doesn't do it with the icecreams of these `names`, whatever it says of others.

    `asks` is False where it doesn't even ask the API server for anything.
    """
    output, code = operator_log.about(operator.output(), names), operator.exit_code
    ended = [] if code is None else [f"the operator has ended: {processes.ended(code)}"]
    if exercise := operator_log.unwritten_exercise(output):
        return Diagnosis([*ended, f"the operator has come upon what isn't written yet: {exercise}"])
    if error := _last_error(output) or operator_log.never_awaited(output, CHECKOUT):
        return Diagnosis([*ended, f"the operator fails: {error.message}"], error.place)
    if ended:
        return Diagnosis([*ended, "nobody has ended it: is there a call of sys.exit or os._exit?"])
    logged = [f"the operator logs {line}" for line in operator_log.last_messages(output)]
    if asks:
        return Diagnosis(logged)
    place = _place(operator)
    asks_nothing = "it asks for nothing about a new order either"
    why = "this is where it waits" if place else "does something block (time.sleep, a loop)?"
    return Diagnosis([f"{asks_nothing}: {why}", *logged], place)


def last_error(operator: OperatorProcess) -> LoggedError | None:
    """Return the last exception that the operator has logged with its traceback."""
    return _last_error(operator.output())


def find_hang(operator: OperatorProcess, *, until: Callable[[], bool], within: float) -> CheckFailedError | None:
    """Look for `within` seconds, or `until` there is no need to, whether the operator hangs; return where."""
    dumps: list[StackDump] = []
    written = students_files(CHECKOUT)

    def look() -> CheckFailedError | None:
        if until():
            return None
        if dump := operator.stack_dump():
            dumps.append(dump)
            if error := hang.hang(dumps, CHECKOUT, written):
                return error
        raise TimeoutError

    with contextlib.suppress(TimeoutError):
        return eventually(look, within=within, every=_EVERY, retry_on=TimeoutError)
    return None


def may_hang(operator: OperatorProcess) -> bool:
    """Whether the operator is, or waits, in a file that students write."""
    return bool(_place(operator))


def _last_error(output: str) -> LoggedError | None:
    return operator_log.last_error(output, CHECKOUT, students_files(CHECKOUT))


def _place(operator: OperatorProcess) -> str:
    dump = operator.stack_dump()
    return hang.place(dump, CHECKOUT, students_files(CHECKOUT)) if dump else ""
