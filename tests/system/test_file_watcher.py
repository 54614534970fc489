"""Saves are noticed, also those that happen while nobody looks, and nothing else is."""

import time
from collections.abc import Callable
from pathlib import Path

import pytest

from workshop.system import file_watcher


def test_a_file_that_changed_before_we_began_to_look_is_noticed(tmp_path: Path) -> None:
    file = tmp_path / "crd.yaml"
    file.write_text("one")
    saves = file_watcher.saves([file])
    file.write_text("another")
    next(saves)


def test_a_file_that_goes_and_one_that_comes_are_noticed(tmp_path: Path) -> None:
    old, new = tmp_path / "old", tmp_path / "new"
    old.write_text("")
    saves = file_watcher.saves([old, new])
    old.unlink()
    next(saves)
    new.write_text("")
    next(saves)


def test_as_long_as_nothing_is_saved_nothing_is_noticed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "crd.yaml"
    file.write_text("one")
    happens: list[Callable[[], object]] = [lambda: None, lambda: None, lambda: file.write_text("another")]
    monkeypatch.setattr(time, "sleep", lambda _: happens.pop(0)())
    next(file_watcher.saves([file]))
    assert happens == []
