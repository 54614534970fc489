"""A student's way through lesson 01 by the command line, in a clone of what lies here."""

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from workshop.course.git import snapshot
from workshop.workspace.cluster import CHECKOUT

from ..made_up_course import Clone

pytestmark = pytest.mark.slow

CRD = "deploy/crds/demo.lva.io_icecreams.yaml"


class Student:
    """Somebody in front of a clone."""

    def __init__(self, clone: Clone) -> None:
        self.clone = clone
        self.environment = {**os.environ, "WORKSHOP_HOME": str(clone.root.parent / "home")}

    def workshop(self, *arguments: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "workshop", *arguments],
            cwd=self.clone.root,
            env=self.environment,
            input=stdin,
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )


@pytest.fixture(scope="module")
def download(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """All that lies here, as from a ZIP."""
    folder = tmp_path_factory.mktemp("download") / "workshop"
    with snapshot(CHECKOUT) as (git, main):
        git.check_out(git.write_tree(main), folder)
    return folder


@pytest.fixture
def student(download: Path, tmp_path: Path) -> Student:
    clone = Clone(shutil.copytree(download, tmp_path / "workshop"))
    clone.run("init", "--quiet", "--initial-branch=main")
    clone.commit("The workshop")
    return Student(clone)


def test_from_the_first_command_to_the_solution(student: Student) -> None:
    listed = student.workshop("lessons").stdout
    assert "01-crd" in listed
    assert "Begin with: make start LESSON=01" in listed

    started = student.workshop("start", "01")
    assert started.returncode == 0, started.stderr
    assert "now on your branch my-01-crd" in started.stdout
    assert "lessons/01-crd/lesson.md" in started.stdout

    no_hint = student.workshop("hint")
    assert no_hint.returncode == 1
    assert "Run the checks first" in no_hint.stderr

    no_gates = student.workshop("gates")
    assert no_gates.returncode == 1
    assert "The gates are on main: git switch main" in no_gates.stderr

    red = student.workshop("check")
    assert red.returncode == 1
    assert "✗ an icecream without flavours is refused (exercise 1)" in red.stdout
    assert "Traceback" not in red.stdout + red.stderr

    hints = [student.workshop("hint", "1").stdout for _ in range(5)]
    assert [hint.splitlines()[0][-7:] for hint in hints] == ["1 of 4:", "2 of 4:", "3 of 4:", "4 of 4:", "4 of 4:"]

    asked = student.workshop("solution", "01", stdin="n\n")
    assert "aren't green yet. Show the reference?" in asked.stdout
    assert "x-kubernetes-validations" not in asked.stdout

    student.clone.write(
        CRD, (CHECKOUT / CRD).read_text().replace("                  minItems: 1\n", "", 1) + "# mine\n"
    )
    assert "1 of 23 checks are red, in exercise 1" in student.workshop("check", "01").stdout
    student.clone.write(CRD, (CHECKOUT / CRD).read_text() + "# mine\n")
    green = student.workshop("check", "01")
    assert green.returncode == 0, green.stdout + green.stderr
    assert "All 23 checks are green" in green.stdout
    no_hint = student.workshop("hint")
    assert no_hint.returncode == 0
    assert "All was green" in no_hint.stdout
    assert student.workshop("hint", "--exercise", "2").stdout.startswith("Exercise 2, ")

    solution = student.workshop("solution").stdout
    assert "-# mine" in solution
    assert "Exercise 4, A rule over two fields: The rule runs in the API server" in solution
    assert "green" in student.workshop("lessons").stdout

    again = student.workshop("start", "01")
    assert again.returncode == 0, again.stderr
    assert "on your branch my-01-crd" in again.stdout
    assert student.clone.read(CRD).endswith("# mine\n")
    refused = student.workshop("start", "01", "--from-solution")
    assert refused.returncode == 1
    assert f"aren't committed: {CRD}" in refused.stderr


def test_from_a_zip_it_says_what_it_needs(download: Path, tmp_path: Path) -> None:
    student = Student(Clone(Path(shutil.copytree(download, tmp_path / "workshop"))))
    for command in ("start", "solution"):
        refused = student.workshop(command, "01")
        assert refused.returncode == 1
        assert "is not a git clone (did it come as a ZIP?)" in refused.stderr
    assert student.workshop("lessons").returncode == 0


def test_on_main_it_asks_which_lesson(student: Student) -> None:
    for command in ("check", "hint", "solution"):
        asked = student.workshop(command)
        assert asked.returncode == 1
        assert "Which lesson? For example: LESSON=01" in asked.stderr


@pytest.fixture
def watching(student: Student) -> Iterator[subprocess.Popen[str]]:
    student.workshop("start", "01")
    process = subprocess.Popen(
        [sys.executable, "-u", "-m", "workshop", "check", "--watch"],
        cwd=student.clone.root,
        env=student.environment,
        text=True,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
    )
    yield process
    process.kill()
    process.communicate()


NO_CRD = {
    "kind: [": "expected the node content",
    "": "nothing: the file is empty",
    "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: other}\n": "v1 (a string)",
}


def test_with_watch_it_checks_again_at_each_save_and_tells_what_is_wrong_with_a_broken_file(
    student: Student, watching: subprocess.Popen[str]
) -> None:
    def read_until(words: str) -> str:
        read = ""
        assert watching.stdout
        for line in watching.stdout:
            read += line
            if words in line:
                return read
        raise AssertionError(f"it never said {words!r}, but {read}")

    read_until("checks are red")
    read_until("Save your file")
    student.clone.write(CRD, (CHECKOUT / CRD).read_text())
    read_until("All 23 checks are green")
    for text, words in NO_CRD.items():
        read_until("Save your file")
        (student.clone.root / CRD).write_text(text)
        printed = read_until("None of the 23 checks could be run")
        assert words in printed
        assert f"look:      {CRD}, line 1" in printed
        assert printed.count("✗") == 1
        assert "Traceback" not in printed
    read_until("Save your file")
    student.clone.write(CRD, (CHECKOUT / CRD).read_text())
    read_until("All 23 checks are green")
    watching.send_signal(signal.SIGINT)
    assert watching.wait(30) == 130
