"""Which dumps of an operator's stacks leave no doubt that it hangs."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from workshop.testing.failures import Explanation
from workshop.testing.hang import CPU_LIMIT, ENOUGH, hang, place
from workshop.testing.stack_dump import Frame, StackDump

FILE = "shop/price.py"
BLOCKS = Explanation(
    "the event loop to be left to the others: whoever has to wait does so by await",
    "the operator blocks its event loop: at each look it is at this line, and does nothing else",
    f"{FILE}, line 2, in price: time.sleep(1)",
)
ENDLESS = Explanation(
    "a reconcile that comes to an end",
    "the operator comes back to this line again and again, and never gets past it",
    f"{FILE}, line 2, in price: time.sleep(1)",
)
OURS = Frame("icecream_operator/manager.py", 9, "run")
DEEPER = Frame("reconciling/controller.py", 9, "work")


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "shop").mkdir()
    (tmp_path / FILE).write_text("def price():\n    time.sleep(1)\n")
    return tmp_path


def explained(root: Path, dumps: Sequence[StackDump]) -> Explanation | None:
    error = hang(dumps, root, {FILE})
    return error.explanation if error else None


def at(line: int = 2, function: str = "price", call: int = 0, awaits: int = 0) -> Frame:
    return Frame(FILE, line, function, call, awaits)


def in_thread(*frames: Frame, cpu: float = 0, waits: int = 0, running: str = "Task-1") -> StackDump:
    return StackDump((OURS, *frames), {}, cpu, waits, running)


def in_task(*frames: Frame, name: str = "Task-1") -> StackDump:
    return StackDump((OURS,), {name: (DEEPER, *frames), "Task-2": (DEEPER,)}, 0, 0)


def test_who_sleeps_at_a_line_at_each_look_blocks(root: Path) -> None:
    dumps = [in_thread(at(), waits=number) for number in range(ENOUGH)]
    assert explained(root, dumps) == BLOCKS
    assert explained(root, dumps[1:]) is None


def test_tasks_that_take_turns_in_a_function_do_not_block(root: Path) -> None:
    dumps = [
        in_thread(at(), cpu=CPU_LIMIT * number / (ENOUGH - 1), running=f"Task-{number % 2}") for number in range(ENOUGH)
    ]
    assert explained(root, dumps) is None


def test_who_works_in_a_function_for_a_second_of_cpu_blocks(root: Path) -> None:
    dumps = [in_thread(at(1 + number % 2), DEEPER, cpu=CPU_LIMIT * number / (ENOUGH - 1)) for number in range(ENOUGH)]
    assert explained(root, dumps) == BLOCKS
    assert explained(root, dumps[1:]) is None


def test_who_was_elsewhere_in_between_does_not_block(root: Path) -> None:
    dumps = [in_thread(at(), cpu=number, waits=number) for number in range(2 * ENOUGH)]
    dumps[ENOUGH + 1] = in_thread(cpu=ENOUGH + 1, waits=ENOUGH + 1)
    assert explained(root, dumps) is None
    dumps[ENOUGH + 1] = in_thread(at(function="other"), cpu=ENOUGH + 1, waits=ENOUGH + 1)
    assert explained(root, dumps) is None
    assert explained(root, [*dumps, in_thread()]) is None


def test_who_gets_no_cpu_on_a_busy_machine_does_not_block(root: Path) -> None:
    assert explained(root, [in_thread(at(), cpu=0.01 * number) for number in range(3 * ENOUGH)]) is None


def test_a_call_that_comes_back_to_a_line_at_each_look_is_endless(root: Path) -> None:
    dumps = [in_task(at(call=1, awaits=number)) for number in range(ENOUGH)]
    assert explained(root, dumps) == ENDLESS
    assert explained(root, dumps[1:]) is None


def test_at_looks_at_which_an_endless_call_itself_runs_nothing_is_known(root: Path) -> None:
    dumps = [in_task(at(call=1, awaits=number)) for number in range(ENOUGH)]
    assert explained(root, [*dumps[:5], in_thread(at()), *dumps[5:]]) == ENDLESS


def test_who_waits_for_one_thing_is_not_endless(root: Path) -> None:
    assert explained(root, [in_task(at(call=1, awaits=2)) for _ in range(3 * ENOUGH)]) is None


def test_calls_that_come_to_their_end_are_not_endless(root: Path) -> None:
    assert explained(root, [in_task(at(call=number, awaits=-number)) for number in range(3 * ENOUGH)]) is None


def test_other_files_than_students_are_none_of_our_business(root: Path) -> None:
    dumps = [in_thread(DEEPER, cpu=number, waits=number) for number in range(3 * ENOUGH)]
    assert explained(root, dumps) is None


def test_a_place_is_where_the_thread_is_or_else_a_task_waits(root: Path) -> None:
    assert place(in_thread(at(), DEEPER), root, {FILE}) == BLOCKS.look
    assert place(in_task(at(call=1)), root, {FILE}) == BLOCKS.look
    assert place(in_thread(DEEPER), root, {FILE}) == ""
