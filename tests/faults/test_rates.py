"""Rates that make no sense are refused, before anything is injected."""

import pytest

from workshop.faults import RatesError
from workshop.faults.rates import FaultRates, parse_rates


@pytest.mark.parametrize(
    ("rates", "message"),
    [
        ({"explosion": 1.0}, "There is no fault 'explosion'. There are: conflict, gone,"),
        ({"kill": 1.0}, "There is no fault 'kill'"),
        ({"lost": 1.5}, "The rate of lost must be from 0 to 1, not 1.5"),
        ({"lost": -0.1}, "The rate of lost must be from 0 to 1, not -0.1"),
        ({"lost": float("nan")}, "The rate of lost must be from 0 to 1, not nan"),
        ({"lost": 0.6, "error": 0.6}, "add up to 1.2: a write has only one of them"),
        ({"stale": 0.6, "error": 0.6}, "add up to 1.2: a list has only one of them"),
        ({"gone": 0.6, "error": 0.6}, "add up to 1.2: a watch has only one of them"),
        ({"gone": 0.6, "cut": 0.6}, "add up to 1.2: an event has only one of them"),
    ],
)
def test_rates_that_make_no_sense_are_refused(rates: dict[str, float], message: str) -> None:
    with pytest.raises(RatesError) as caught:
        FaultRates(0, parse_rates(rates))
    assert message in str(caught.value)


def test_kinds_that_never_meet_may_each_strike_always() -> None:
    assert FaultRates(0, parse_rates({"lost": 1, "stale": 1, "cut": 1, "latency": 1}))
