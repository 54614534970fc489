import pytest

from reconciling.backoff import Backoff


@pytest.mark.parametrize(("failures", "seconds"), [(1, 1), (2, 2), (3, 4), (4, 8), (5, 10), (10_000, 10)])
def test_it_doubles_with_every_failure_up_to_the_cap(failures: int, seconds: float) -> None:
    assert Backoff(random=lambda: 1.0, base=1, cap=10)(failures) == seconds


def test_the_jitter_takes_away_up_to_half() -> None:
    assert Backoff(random=lambda: 0.0, base=1, cap=10)(3) == 2
    assert Backoff(random=lambda: 0.5, base=1, cap=10)(3) == 3
