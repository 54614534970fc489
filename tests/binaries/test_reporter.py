"""What a person sees where there is no terminal."""

from tests.binaries.conftest import Student
from workshop.binaries import Reporter


def test_the_elapsed_time_is_shown_now_and_then_where_there_is_no_terminal(student: Student) -> None:
    seconds = iter([0.0, 0.0, 1.0, 20.0, 20.0, 20.0, 21.0, 150.0, 150.0, 150.0])
    report = Reporter(student.report.console, clock=lambda: next(seconds))
    with report.working("Building etcd") as tick:
        for _ in range(4):
            tick()
    assert student.lines == ["Building etcd", "  ... 0 min 20 s so far", "  ... 2 min 30 s so far"]


def test_the_bytes_that_have_arrived_are_shown_now_and_then_where_there_is_no_terminal(student: Student) -> None:
    seconds = iter([0.0, 1.0, 20.0, 20.0])
    report = Reporter(student.report.console, clock=lambda: next(seconds))
    with report.downloading("Downloading etcd", 9_000_000) as arrived:
        for _ in range(2):
            arrived(2_000_000)
    assert student.lines == ["Downloading etcd (9 MB)", "  ... 4 MB so far"]
