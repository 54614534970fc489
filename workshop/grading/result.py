"""What becomes of a lesson's checks: the events that the process says they run in, a line each, and the result of all.

Both sides know this module: `plugin` writes events, `runner` reads them.
"""

import json
from dataclasses import asdict, dataclass
from typing import TypeAlias

from workshop.testing.failures import Explanation


@dataclass(frozen=True)
class Collected:
    """All checks have been imported; there are so many."""

    checks: int


@dataclass(frozen=True)
class Started:
    """A check runs from now on."""

    check: str


@dataclass(frozen=True)
class CheckResult:
    """A check has ended: why it failed, if it did, and what was printed then. Also of a file that can't be imported."""

    check: str
    failure: Explanation | None = None
    output: str = ""

    @property
    def passed(self) -> bool:
        """Whether it didn't fail."""
        return self.failure is None

    @property
    def name(self) -> str:
        """The name of its test, without parameters."""
        return self.check.partition("[")[0]


@dataclass(frozen=True)
class Finished:
    """No check runs any more."""


@dataclass(frozen=True)
class Waiting:
    """Nothing has come for so many seconds, while a check runs, or none yet. The runner's own: nobody writes it."""

    check: str
    seconds: int


Event: TypeAlias = Collected | Started | CheckResult | Finished
_KINDS = {kind.__name__: kind for kind in (Collected, Started, CheckResult, Finished)}


def to_line(event: Event) -> str:
    """Return an event as a line of JSON."""
    return json.dumps({"event": type(event).__name__, **asdict(event)}) + "\n"


def from_line(line: str | bytes) -> Event:
    """Return the event that a line says."""
    fields = json.loads(line)
    kind = _KINDS[fields.pop("event")]
    if failure := fields.get("failure"):
        fields["failure"] = Explanation(**failure)
    return kind(**fields)


@dataclass(frozen=True)
class LessonResult:
    """What became of a lesson's checks: of those that there are, how many were run, and what they and the rest said.

    `ended_well` is False if their process had to be ended, or ended by itself.
    """

    results: tuple[CheckResult, ...]
    checks: int
    run: int
    ended_well: bool
    seconds: float

    @property
    def outcomes(self) -> dict[str, bool]:
        """Whether each check passed; one with parameters passes with all of them."""
        passed: dict[str, bool] = {}
        for result in self.results:
            passed[result.name] = passed.get(result.name, True) and result.passed
        return passed

    @property
    def red(self) -> tuple[CheckResult, ...]:
        """What failed."""
        return tuple(result for result in self.results if not result.passed)

    @property
    def green(self) -> bool:
        """Whether there was something to check, all of it was run, and passed."""
        return self.ended_well and not self.red and self.checks == self.run > 0
