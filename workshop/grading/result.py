"""What became of a lesson's checks, as plain values."""

from dataclasses import dataclass


@dataclass(frozen=True)
class CheckResult:
    """What became of one check. `own` is False where the check couldn't go on with what it got."""

    check: str
    passed: bool
    expected: str = ""
    seen: str = ""
    look: str = ""
    own: bool = True
    output: str = ""


@dataclass(frozen=True)
class LessonResult:
    """What became of a lesson's checks. `ended_well` is False if the process had to be ended, or ended by itself."""

    findings: tuple[CheckResult, ...]
    ended_well: bool
    seconds: float

    @property
    def outcomes(self) -> dict[str, bool]:
        """Whether each check passed; one with parameters passes with all of them."""
        passed: dict[str, bool] = {}
        for finding in self.findings:
            name = finding.check.partition("[")[0]
            passed[name] = passed.get(name, True) and finding.passed
        return passed

    @property
    def green(self) -> bool:
        """Whether there was something to check, and all of it passed."""
        return self.ended_well and bool(self.findings) and all(finding.passed for finding in self.findings)
