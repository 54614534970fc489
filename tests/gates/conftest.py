"""The gates: what the course in the folder `--course-root` must stand up to, with or without git, committed or not.

They are parametrised over its lessons, and over the mutants, pages and notebooks of each. An id begins with its
lesson's name, so `-k 01-crd` runs the gates of one lesson, and `-k 01-crd-count-is-a-number` tries one mutant.
"""

import contextlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from workshop.course import definition, stages, tags
from workshop.course.console_commands import commands
from workshop.course.errors import CourseError
from workshop.course.git import Git, snapshot
from workshop.course.lesson import Course, Lesson
from workshop.course.stages import Tree
from workshop.grading.runner import Runner
from workshop.system.tempdir import temporary_directory
from workshop.workspace.cluster import CHECKOUT


@dataclass(frozen=True)
class Main:
    """What lies in the folder `root`, as main: its course, and its files as a tree in a repository beside it."""

    root: Path
    git: Git
    tree: Tree
    course: Course

    def text(self, path: str) -> str:
        return (self.root / path).read_text()

    def stage(self, lesson: Lesson) -> contextlib.AbstractContextManager[Path]:
        """The tree of a lesson with its exercises solved, in a folder."""
        return self._checked_out(tags.stage_tree(self.git, self.course, self.tree, lesson))

    def start(self, lesson: Lesson) -> contextlib.AbstractContextManager[Path]:
        """The tree with which a student begins a lesson, in a folder."""
        return self._checked_out(tags.start_tree(self.git, self.course, self.tree, lesson))

    @contextlib.contextmanager
    def _checked_out(self, tree: str) -> Iterator[Path]:
        with temporary_directory() as folder:
            self.git.check_out(tree, folder)
            yield folder

    def mutants(self, lesson: Lesson) -> list[str]:
        return [f"{lesson.folder}/wrong/{name}" for name in stages.files_in(self.tree, lesson, "wrong")]

    def notebooks(self, lesson: Lesson) -> list[str]:
        return [path for path in self._given_to_students(".ipynb") if self._whose(path) == lesson.name]

    def pages(self) -> dict[str, str]:
        """All pages; ids, by whose they are, and paths."""
        return {f"{self._whose(path)}-{path}": path for path in self._given_to_students(".md")}

    def pages_with_commands(self) -> dict[str, str]:
        """Those of the pages that show commands."""
        return {name: path for name, path in self.pages().items() if any(commands(self.text(path)))}

    def _given_to_students(self, suffix: str) -> list[str]:
        last = stages.stage(self.course, self.tree, self.course.lessons[-1])
        return [path for path in last if path.endswith(suffix)]

    def _whose(self, path: str) -> str:
        return "-".join(stages.owners(self.course, path))


_MAIN = pytest.StashKey[Main]()


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--course-root", type=Path, default=CHECKOUT, help="the folder of the course that is judged")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    try:
        main = _main(metafunc.config)
    except CourseError as error:
        raise pytest.Collector.CollectError(str(error)) from None
    lessons = main.course.lessons
    if "mutant" in metafunc.fixturenames:
        cases = {f"{each.name}-{Path(path).stem}": (each, path) for each in lessons for path in main.mutants(each)}
        _parametrize(metafunc, ("lesson", "mutant"), cases)
    elif "notebook" in metafunc.fixturenames:
        cases = {f"{each.name}-{path}": (each, path) for each in lessons for path in main.notebooks(each)}
        _parametrize(metafunc, ("lesson", "notebook"), cases)
    elif "lesson" in metafunc.fixturenames:
        _parametrize(metafunc, ("lesson",), {each.name: (each,) for each in lessons})
    for fixture, pages in (("page", main.pages), ("page_with_commands", main.pages_with_commands)):
        if fixture in metafunc.fixturenames:
            _parametrize(metafunc, (fixture,), {name: (path,) for name, path in pages().items()})


def _parametrize(metafunc: pytest.Metafunc, names: tuple[str, ...], cases: dict[str, tuple[Any, ...]]) -> None:
    metafunc.parametrize(names, list(cases.values()), ids=list(cases))


def _main(config: pytest.Config) -> Main:
    if _MAIN not in config.stash:
        root = config.getoption("course_root", CHECKOUT)  # the default, where pytest came upon this file only later
        if (root / tags.STAGE_FILE).exists():
            raise CourseError("This is a lesson's stage. The gates are on main: git switch main")
        at_exit = contextlib.ExitStack()
        config.add_cleanup(at_exit.close)
        git, tree = at_exit.enter_context(snapshot(root))
        config.stash[_MAIN] = Main(root, git, tree, definition.read(root))
    return config.stash[_MAIN]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with pages: they take longest, and no worker should still read one when the others are done."""
    items.sort(key=lambda item: "page_with_commands" not in getattr(item, "fixturenames", ()))


@pytest.hookimpl(wrapper=True)
def pytest_pyfunc_call() -> Any:
    """Say what can't be done with the course in a sentence, without the stack."""
    try:
        return (yield)
    except CourseError as error:
        pytest.fail(str(error), pytrace=False)


def assert_none(problems: Iterable[str]) -> None:
    """Fail with the sentences that say what is wrong, if there are any."""
    if text := "\n".join(problems):
        pytest.fail(text, pytrace=False)


@pytest.fixture(scope="session")
def main(request: pytest.FixtureRequest) -> Main:
    return _main(request.config)


@pytest.fixture(scope="session")
def runner() -> Iterator[Runner]:
    """Where checks run, on one control plane as long as they leave it as they found it."""
    with contextlib.closing(Runner()) as ours:
        yield ours
