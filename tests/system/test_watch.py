"""Saves are noticed, also those that happen while nobody looks."""

import threading
from pathlib import Path

from workshop.system.watch import saves


def test_a_file_that_changed_before_we_began_to_look_is_noticed(tmp_path: Path) -> None:
    file = tmp_path / "crd.yaml"
    file.write_text("one")
    seen = saves([file])
    file.write_text("another")
    next(seen)


def test_a_file_that_goes_and_one_that_comes_are_noticed(tmp_path: Path) -> None:
    old, new = tmp_path / "old", tmp_path / "new"
    old.write_text("")
    seen = saves([old, new])
    old.unlink()
    next(seen)
    new.write_text("")
    next(seen)


def test_what_was_noticed_once_is_not_noticed_again(tmp_path: Path) -> None:
    first, second = tmp_path / "first", tmp_path / "second"
    seen = saves([first, second])
    first.touch()
    next(seen)
    later = threading.Timer(0.5, second.touch)
    later.start()
    next(seen)
    assert second.exists()
    later.join()
