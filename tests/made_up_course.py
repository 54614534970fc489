"""A made-up course: a small clone with two lessons, whose checks need no control plane."""

import subprocess
import textwrap
from dataclasses import dataclass
from pathlib import Path

import pytest

from workshop.course import definition
from workshop.course.git import Git, open_clone
from workshop.course.lesson import Course
from workshop.workspace.cluster import Cluster

COURSE = """\
base = ["README.md", "pyproject.toml", "shop/__init__.py", "lessons/course.toml", "shop/steps.py"]
later = ["shop/ahead.py"]
"""
ONE = """\
title = "What a scoop costs"
minutes = 10
adds = ["shop/price.py"]

[[exercise]]
title = "The price"
file = "shop/price.py"
place = "price"
checks = ["test_three_scoops_cost_six", "test_no_scoop_costs_nothing"]
hints = ["Think of one scoop.", "A scoop costs two."]
why = "Multiplication knows no special case."
"""
TWO = """\
title = "What a cone holds"
minutes = 20
adds = ["shop/cone.py", "shop/cones/"]

[[exercise]]
title = "The cone"
file = "shop/cone.py"
place = "fits"
checks = ["test_three_scoops_fit"]
hints = ["Count.", "Three."]
why = "A cone is small."
"""
FILES = {
    "README.md": "A shop.\n",
    "pyproject.toml": "[tool.pytest.ini_options]\n",
    "shop/__init__.py": "",
    "shop/steps.py": "STEPS = ('price', 'cone')\n",
    "shop/ahead.py": "",
    "shop/price.py": "def price(scoops):\n    return 2 * scoops\n",
    "shop/cone.py": "def fits(scoops):\n    return scoops <= 3\n",
    "shop/cones/waffle.py": "",
    "lessons/course.toml": COURSE,
    "lessons/01-price/lesson.toml": ONE,
    "lessons/01-price/lesson.md": "# What a scoop costs\n",
    "lessons/01-price/test_price.py": """\
        from shop.price import price

        def test_prices_are_numbers():
            assert price(1) == price(1) + 0

        def test_three_scoops_cost_six():
            assert price(3) == 6

        def test_no_scoop_costs_nothing():
            assert price(0) == 0
    """,
    "lessons/01-price/starter/shop/price.py": "def price(scoops):\n    return 1\n",
    "lessons/01-price/stage/shop/steps.py": "STEPS = ('price',)\n",
    "lessons/02-cone/lesson.toml": TWO,
    "lessons/02-cone/lesson.md": "# What a cone holds\n",
    "lessons/02-cone/test_cone.py": """\
        from shop.cone import fits

        def test_three_scoops_fit():
            assert fits(3)
    """,
    "lessons/02-cone/starter/shop/cone.py": "def fits(scoops):\n    raise NotImplementedError('exercise 1')\n",
}


NO_CLUSTER = Cluster(Path("/nowhere"), Path("/nowhere"), Path("/nowhere"))


@dataclass(frozen=True)
class Clone:
    """A clone of the made-up course, on main."""

    root: Path

    @property
    def git(self) -> Git:
        return open_clone(self.root)

    @property
    def course(self) -> Course:
        return definition.read(self.root)

    def write(self, path: str, text: str) -> None:
        file = self.root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(textwrap.dedent(text))

    def read(self, path: str) -> str:
        return (self.root / path).read_text()

    def run(self, *arguments: str) -> str:
        """Run git as the student."""
        return subprocess.run(
            ["git", "-c", "user.name=Student", "-c", "user.email=student@example.test", *arguments],
            cwd=self.root,
            check=True,
            capture_output=True,
            text=True,
        ).stdout

    def commit(self, message: str = "What I have so far") -> None:
        self.run("add", "--all")
        self.run("commit", "--quiet", "--message", message)


def written(root: Path) -> Clone:
    """Write the course into a folder."""
    made = Clone(root)
    for path, text in FILES.items():
        made.write(path, text)
    return made


@pytest.fixture
def folder(tmp_path: Path) -> Clone:
    """The course as from a ZIP, without git."""
    return written(tmp_path / "clone")


@pytest.fixture
def clone(folder: Clone) -> Clone:
    folder.run("init", "--quiet", "--initial-branch=main")
    folder.commit("The shop")
    return folder
