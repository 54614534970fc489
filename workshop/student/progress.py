"""What a student has done so far: one file in the workspace's folder, so it outlives branches and control planes."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from certmanager.pki import files

_FILE = "course.json"


@dataclass(frozen=True)
class Progress:
    """What is known of one lesson: the outcome of each check when they last ran, and the hints given by exercise.

    `texts` are the files of its exercises as they were then. By number, `changed` is the exercise in whose place they
    differed from before, and `broken` that in whose place stands what kept all checks from running; 0: there is none.
    """

    outcomes: Mapping[str, bool] = field(default_factory=dict)
    hints: Mapping[str, int] = field(default_factory=dict)
    texts: Mapping[str, str] = field(default_factory=dict)
    changed: int = 0
    broken: int = 0

    @property
    def green(self) -> bool:
        """Whether all checks passed when they last ran."""
        return bool(self.outcomes) and all(self.outcomes.values())

    def checked(
        self, outcomes: Mapping[str, bool], *, texts: Mapping[str, str] = {}, changed: int = 0, broken: int = 0
    ) -> "Progress":
        """Return this with new outcomes, and what else is known since the checks ran again."""
        return replace(self, outcomes=dict(outcomes), texts=dict(texts), changed=changed, broken=broken)

    def hinted(self, exercise: int) -> "Progress":
        """Return this with one hint more for an exercise, by its number from 1."""
        key = str(exercise)
        return replace(self, hints={**self.hints, key: self.hints.get(key, 0) + 1})


def read(home: Path, lesson: str) -> Progress:
    """Return the progress in a lesson, by its name; of one not begun, nothing."""
    return Progress(**_all(home).get(lesson, {}))


def write(home: Path, lesson: str, progress: Progress) -> None:
    """Keep the progress in a lesson."""
    home.mkdir(mode=0o700, parents=True, exist_ok=True)
    lessons = {**_all(home), lesson: asdict(progress)}
    files.write_atomically(home / _FILE, f"{json.dumps(lessons, indent=2)}\n".encode())


def _all(home: Path) -> dict[str, dict[str, Any]]:
    try:
        by_lesson: dict[str, dict[str, Any]] = json.loads((home / _FILE).read_text())
    except FileNotFoundError:
        return {}
    return by_lesson
