"""What is remembered of a lesson between two commands."""

from pathlib import Path

from workshop.student import progress
from workshop.student.progress import Progress

RED = {"test_three_scoops_cost_six": True, "test_no_scoop_costs_nothing": False}
GREEN = dict.fromkeys(RED, True)


def test_progress_is_kept_by_lesson(tmp_path: Path) -> None:
    home = tmp_path / "home"
    assert progress.read(home, "01-price") == Progress()
    progress.write(home, "01-price", Progress().checked(RED).hinted(1))
    progress.write(home, "02-cone", Progress().checked(GREEN))
    assert progress.read(home, "01-price") == Progress(outcomes=RED, hints={"1": 1})
    assert (progress.read(home, "01-price").green, progress.read(home, "02-cone").green) == (False, True)
    assert not Progress().green


def test_hints_given_outlive_the_next_check() -> None:
    assert Progress().hinted(1).checked(GREEN).hints == {"1": 1}
