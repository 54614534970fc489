from datetime import UTC, datetime

from reconciling.conditions import Condition, set_condition

EARLIER = datetime(2026, 1, 1, tzinfo=UTC)
LATER = datetime(2026, 1, 2, tzinfo=UTC)
SOLD = Condition("Ready", True, "Sold", "it is sold")
OVERSOLD = Condition("Ready", False, "Oversold", "it is one too many")
OTHER = {
    "type": "Tasty",
    "status": "True",
    "reason": "Tasted",
    "message": "",
    "lastTransitionTime": "2025-01-01T00:00:00Z",
}


def test_a_new_condition_is_added_behind_those_of_others() -> None:
    assert set_condition([OTHER], SOLD, 1, EARLIER) == [
        OTHER,
        {
            "type": "Ready",
            "status": "True",
            "reason": "Sold",
            "message": "it is sold",
            "observedGeneration": 1,
            "lastTransitionTime": "2026-01-01T00:00:00Z",
        },
    ]


def test_setting_it_again_changes_nothing() -> None:
    once = set_condition([OTHER], SOLD, 1, EARLIER)
    assert set_condition(once, SOLD, 1, LATER) == once


def test_the_transition_time_moves_with_the_status() -> None:
    once = set_condition([], SOLD, 1, EARLIER)
    assert set_condition(once, OVERSOLD, 1, LATER)[0]["lastTransitionTime"] == "2026-01-02T00:00:00Z"


def test_another_reason_or_message_or_generation_does_not_move_the_transition_time() -> None:
    once = set_condition([], SOLD, 1, EARLIER)
    (condition,) = set_condition(once, Condition("Ready", True, "Reserved", "its scoops are kept"), 2, LATER)
    assert condition == once[0] | {"reason": "Reserved", "message": "its scoops are kept", "observedGeneration": 2}


def test_the_conditions_that_were_seen_are_not_changed() -> None:
    once = set_condition([], SOLD, 1, EARLIER)
    set_condition(once, OVERSOLD, 1, LATER)
    assert once[0]["status"] == "True"


def test_what_has_no_generation_was_looked_at_in_none() -> None:
    assert "observedGeneration" not in set_condition([], SOLD, 0, EARLIER)[0]
