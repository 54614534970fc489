"""A page is rehearsed in a fresh clone as its reader would go through it; one that doesn't hold is named."""

import json
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import psutil
import pytest

from workshop.authoring.rehearsal import rehearse
from workshop.course.git import snapshot
from workshop.system.polling import eventually
from workshop.workspace.cluster import CHECKOUT

from ..made_up_course import Clone

pytestmark = pytest.mark.slow


def page(*commands: str) -> str:
    return "# A page\n\n```console\n" + "\n".join(commands) + "\n```\n"


def rehearsed(course: Clone, *commands: str, limit: float = 60) -> list[str]:
    course.write("README.md", page(*commands))
    return rehearse(course.root, "README.md", limit)


def test_a_page_that_holds_has_no_problems(folder: Clone) -> None:
    commands = ["$ cat shop/steps.py", "STEPS = ('price', ...", "$ cat <<EOF", "> one", "> EOF", "one", "$ true"]
    assert rehearsed(folder, *commands) == []


def test_a_page_that_lies_is_named_with_what_it_shows_and_what_was_seen(folder: Clone) -> None:
    [problem] = rehearsed(folder, "$ echo one", "two", "$ echo on")[:1]
    assert problem == (
        "README.md, line 4: `echo one` prints something else.\n  The page shows:\n    two\n  Seen:\n    one"
    )


def test_a_page_that_shows_less_than_there_is_is_named(folder: Clone) -> None:
    [problem] = rehearsed(folder, "$ echo one")
    assert "line 4: `echo one` prints something else.\n  The page shows: nothing\n  Seen:\n    one" in problem


def test_what_comes_after_a_lie_is_tried_too(folder: Clone) -> None:
    problems = rehearsed(folder, "$ echo one", "two", "$ true", "$ echo three", "four")
    assert ["line 4" in problems[0], "line 7" in problems[1]] == [True, True]


def test_a_command_that_fails_where_the_page_tells_nothing_is_named(folder: Clone) -> None:
    hidden, shown = ("$ echo oh; (exit 3)", "..."), ("$ echo oh; (exit 3)", "oh")
    [problem] = rehearsed(folder, *hidden)
    assert "fails with exit code 3, and the page doesn't say so.\n  Seen:\n    oh" in problem
    assert rehearsed(folder, *shown) == []


def test_a_command_that_hangs_is_named_and_ends_the_rehearsal(folder: Clone) -> None:
    [problem] = rehearsed(folder, "$ echo waiting; sleep 1000", "$ echo never", limit=1)
    assert problem == (
        "README.md, line 4: `echo waiting; sleep 1000` doesn't end within 1 s\n  It printed:\n    waiting"
    )


def test_a_command_that_ends_the_shell_is_named(folder: Clone) -> None:
    [problem] = rehearsed(folder, "$ exit 2", "$ echo never")
    assert "line 4: `exit 2` ends the shell" in problem


def test_the_reader_is_behind_a_proxy_that_must_not_be_asked_for_this_machine(folder: Clone) -> None:
    ask = "curl --silent --show-error http://127.0.0.1:1/ 2>&1 | grep -o 'port [0-9]*'"
    proxied, direct = ask, ask.replace("curl", "curl --noproxy '*'")
    assert rehearsed(folder, f"$ {proxied}", "port 9", f"$ {direct}", "port 1") == []


def test_the_reader_has_a_clone_of_what_lies_here_with_a_python_of_its_own(folder: Clone) -> None:
    commands = (
        "$ git log --format='%an: %s'",
        "A student: The workshop",
        "$ git branch --show-current",
        "main",
        "$ .venv/bin/python -c 'import shop, sys; print(shop.__file__ == sys.argv[1])' \"$PWD/shop/__init__.py\"",
        "True",
        "$ .venv/bin/pytest --version",
        "pytest ...",
        "$ ls -A ~",
        "$ git status --porcelain --untracked-files=no",
        "$ echo new > README.md",
    )
    before = folder.read("shop/price.py")
    assert rehearsed(folder, *commands) == []
    assert folder.read("README.md") == page(*commands)
    assert folder.read("shop/price.py") == before


def test_nothing_is_left(folder: Clone) -> None:
    outside = folder.root.parent / "written"
    assert rehearsed(folder, f"$ sleep 1000 & echo $! $PWD > {outside}") == []
    pid, clone = outside.read_text().split()
    assert not psutil.pid_exists(int(pid))
    assert not Path(clone).parent.exists()


INTERRUPTED = """
import os, signal, sys
from pathlib import Path
from workshop.authoring.rehearsal import rehearse

signal.signal(signal.SIGINT, signal.default_int_handler)
rehearse(Path(sys.argv[1]), "README.md")
"""


def test_a_control_plane_that_was_started_is_gone_also_after_ctrl_c(tmp_path: Path) -> None:
    course, copy = Clone(tmp_path / "workshop"), tmp_path / "copy.json"
    with snapshot(CHECKOUT) as (git, main):
        git.check_out(git.write_tree(main), course.root)
    course.write(
        "README.md", page("$ make up", "...", f"$ cp .workshop/controlplane/state.json {copy}", "$ sleep 1000")
    )
    rehearsal = subprocess.Popen([sys.executable, "-c", INTERRUPTED, str(course.root)], stderr=subprocess.PIPE)

    def started() -> dict[str, Any]:
        assert copy.exists()
        state: dict[str, Any] = json.loads(copy.read_text() or "null")
        assert state
        return state

    state = eventually(started, within=60)
    pids = [state["supervisor"]["pid"], *(each["pid"] for each in state["components"].values())]
    assert all(map(psutil.pid_exists, pids))
    rehearsal.send_signal(signal.SIGINT)
    _, errors = rehearsal.communicate(timeout=60)
    assert b"KeyboardInterrupt" in errors
    assert not any(map(psutil.pid_exists, pids))


def test_a_lesson_is_read_from_the_starter_on_and_after_the_exercises_from_the_solution(folder: Clone) -> None:
    show = "$ cat shop/price.py"
    starter, solved = folder.read("lessons/01-price/starter/shop/price.py"), folder.read("shop/price.py")
    folder.write(
        "lessons/01-price/lesson.md",
        f"{page('$ cp lessons/01-price/starter/shop/price.py shop/', show)[:-4]}{starter}```\n\n"
        "## Exercises\n\n"
        f"```console\n{show}\n{starter}```\n\n"
        "```sh\n## no heading\n```\n\n"
        "### Green?\n\n"
        f"```console\n{show}\n{starter}```\n\n"
        "## What now\n\n"
        f"```console\n{show}\n{solved}```\n",
    )
    assert rehearse(folder.root, "lessons/01-price/lesson.md") == []


@pytest.mark.parametrize(
    ("path", "branch", "log"),
    [
        ("lessons/02-cone/lesson.md", "my-01-price", "Lesson 01"),
        ("shop/cones/about.md", "my-02-cone", "Lesson 02"),
        ("README.md", "main", "The workshop"),
    ],
)
def test_the_reader_stands_where_the_page_belongs(folder: Clone, path: str, branch: str, log: str) -> None:
    shows = ("$ git branch --show-current", branch, "$ git log -1 --format=%s", log, "$ cat shop/price.py")
    folder.write(path, page(*shows, folder.read("shop/price.py").rstrip()))
    assert rehearse(folder.root, path) == []
