"""Which points there are, from what was shown in an unharmed run."""

from collections.abc import Collection, Iterable
from typing import Any

from workshop.faults.points import enumerate_points
from workshop.faults.recorder import Recorder
from workshop.faults.scenario import OWN
from workshop.faults.view import WatchEvent


def shown(
    event_type: str, version: int, name: str = "a", *, spec: str = "", finalizers: Iterable[str] = ()
) -> WatchEvent:
    metadata: dict[str, Any] = {"name": name, "resourceVersion": str(version)}
    if finalizers:
        metadata["finalizers"] = list(finalizers)
    return WatchEvent("icecreams", event_type, {"metadata": metadata, "spec": spec})


def points(
    *steps: list[WatchEvent],
    first: Iterable[WatchEvent] = (),
    tried_again: Collection[int] = (),
    writes: Iterable[str] = (),
    lists_may_be_stale: bool = False,
    timing_matters: bool = False,
) -> list[str]:
    """The names of the points; users cause what is older than 100, unless the step had to be tried again."""
    recorder = Recorder()
    recorder.begin(first)
    for step, events in enumerate(steps):
        recorder.step(step, 0 if step in tried_again else 99, events)
    record = recorder.record(writes, lists_may_be_stale=lists_may_be_stale)
    return [str(point) for point in enumerate_points(record, timing_matters=timing_matters)]


def unobserved(*steps: list[WatchEvent], **more: Any) -> list[str]:
    prefix = "unobserved: "
    return [point.removeprefix(prefix) for point in points(*steps, **more) if point.startswith(prefix)]


def test_each_write_is_two_points() -> None:
    assert [point for point in points(writes=["patch a", "patch b"]) if "killed" in point] == [
        "intermediate: killed before write 1",
        "intermediate: killed after write 1",
        "intermediate: killed before write 2",
        "intermediate: killed after write 2",
    ]


def test_each_event_is_one_to_be_behind_at_with_and_without_a_restart() -> None:
    assert points([shown("ADDED", 2), shown("MODIFIED", 100)], []) == [
        "stale: started again, its lists slow and its watches held, after the beginning",
        "stale: watch held after ADDED icecreams/a in step 1",
        "stale: started again, its lists slow and its watches held, after ADDED icecreams/a in step 1",
        "stale: watch held after MODIFIED icecreams/a in step 1",
        "stale: started again, its lists slow and its watches held, after MODIFIED icecreams/a in step 1",
    ]


def test_with_nothing_to_come_it_is_started_again_only_where_a_user_did_something() -> None:
    names = points([shown("ADDED", 2), shown("MODIFIED", 100)])
    assert [name for name in names if "started again" in name] == [
        "stale: started again, its lists slow and its watches held, after the beginning",
        "stale: started again, its lists slow and its watches held, after ADDED icecreams/a in step 1",
    ]


def test_the_same_event_in_the_same_step_is_told_apart_by_its_number() -> None:
    names = points([shown("MODIFIED", 100), shown("MODIFIED", 101)], [shown("MODIFIED", 102)])
    assert [name for name in names if "watch held after" in name] == [
        "stale: watch held after MODIFIED icecreams/a in step 1",
        "stale: watch held after MODIFIED icecreams/a no. 2 in step 1",
        "stale: watch held after MODIFIED icecreams/a in step 2",
    ]


def test_what_a_user_does_in_a_step_is_seen_as_a_whole() -> None:
    names = points([shown("ADDED", 2), shown("ADDED", 3, "b")])
    assert [name for name in names if "watch held after" in name] == [
        "stale: watch held after ADDED icecreams/b in step 1"
    ]


def test_earlier_states_are_answers_only_where_lists_allow_it() -> None:
    names = points([shown("ADDED", 2)], lists_may_be_stale=True)
    assert [name for name in names if "lists as of" in name] == [
        "stale: started again at the end, its lists as of the beginning",
        "stale: started again at the end, its lists as of ADDED icecreams/a in step 1",
    ]


def test_where_timing_matters_it_is_behind_only_in_what_users_did() -> None:
    names = points([shown("ADDED", 2), shown("MODIFIED", 100)], timing_matters=True)
    assert not any("MODIFIED" in name for name in names)
    assert any("ADDED" in name for name in names)


def test_markers_and_what_is_shown_again_are_no_points() -> None:
    assert points([shown("ADDED", 2), shown("ADDED", 2), shown("ADDED", 3, f"{OWN}1")]) == points([shown("ADDED", 2)])


def test_what_is_listed_at_the_start_is_no_point() -> None:
    assert points(first=[shown("LISTED", 1)]) == points()


def test_a_deletion_and_a_creation_of_the_same_name_may_be_swallowed() -> None:
    steps = [shown("DELETED", 2)], [shown("ADDED", 3)]
    assert unobserved(*steps, first=[shown("LISTED", 1)]) == [
        "DELETED icecreams/a in step 1 to ADDED icecreams/a in step 2"
    ]


def test_a_creation_and_a_deletion_may_be_swallowed() -> None:
    assert unobserved([shown("ADDED", 2)], [shown("DELETED", 3)]) == [
        "ADDED icecreams/a in step 1 to DELETED icecreams/a in step 2"
    ]


def test_a_spec_there_and_back_may_be_swallowed() -> None:
    there, back = shown("MODIFIED", 2, spec="vanilla"), shown("MODIFIED", 3, spec="matcha")
    first = [shown("LISTED", 1, spec="matcha")]
    assert unobserved([there], [back], first=first) == [
        "MODIFIED icecreams/a in step 1 to MODIFIED icecreams/a in step 2"
    ]
    assert unobserved([there], [shown("MODIFIED", 3, spec="mango")], first=first) == []


def test_a_finalizer_added_and_removed_may_be_swallowed() -> None:
    steps = [shown("MODIFIED", 2, finalizers=["hold"])], [shown("MODIFIED", 3)]
    assert unobserved(*steps, first=[shown("LISTED", 1)]) == [
        "MODIFIED icecreams/a in step 1 to MODIFIED icecreams/a in step 2"
    ]


def test_a_pair_is_of_one_object() -> None:
    assert unobserved([shown("ADDED", 2)], [shown("DELETED", 3, "b")], first=[shown("LISTED", 1, "b")]) == []


def test_a_pair_is_swallowed_only_if_users_cause_both() -> None:
    assert unobserved([shown("ADDED", 2)], [shown("DELETED", 100)]) == []


def test_a_pair_is_swallowed_only_if_its_steps_can_be_done_unseen() -> None:
    steps: list[list[WatchEvent]] = [[shown("ADDED", 2)], [], [shown("DELETED", 3)]]
    assert len(unobserved(*steps)) == 1
    assert unobserved(*steps, tried_again=[1]) == []


def test_the_first_event_that_undoes_another_is_its_second() -> None:
    steps = [shown("ADDED", 2)], [shown("DELETED", 3)], [shown("ADDED", 4)], [shown("DELETED", 5)]
    assert unobserved(*steps) == [
        "ADDED icecreams/a in step 1 to DELETED icecreams/a in step 2",
        "DELETED icecreams/a in step 2 to ADDED icecreams/a in step 3",
        "ADDED icecreams/a in step 3 to DELETED icecreams/a in step 4",
    ]
