"""One database, several clusters: what is another's is neither seen, nor given back, nor emptied."""

from icecream_operator.freezer.database import Database
from icecream_operator.freezer.stock import DEFAULT_SCOOPS
from tests.freezer.inventory import assert_books_balance, give_back, lines, put, reserve, reserved, stocked, wish

OURS, THEIRS = "ours", "theirs"


def test_a_cluster_sees_its_own_rows_alone(database: Database) -> None:
    reserve(database, wish("a", "matcha"), cluster=OURS)
    assert (stocked(database, THEIRS), reserved(database, THEIRS), lines(database, THEIRS)) == ({}, {}, [])


def test_the_same_uid_in_two_clusters_is_two_icecreams(database: Database) -> None:
    reserve(database, wish("a", "matcha"), cluster=OURS)
    reserve(database, wish("a", "matcha", "vanilla"), cluster=THEIRS)
    assert give_back(database, wish("a"), OURS) == {"matcha"}
    assert give_back(database, wish("a"), OURS) == set()
    assert reserved(database, THEIRS) == {"a": {"matcha", "vanilla"}}


def test_a_move_leaves_the_other_clusters_alone(database: Database) -> None:
    for cluster in (OURS, THEIRS):
        reserve(database, wish("a", "matcha"), cluster=cluster)
    reserve(database, wish("a", "vanilla"), cluster=OURS)
    assert reserved(database, THEIRS) == {"a": {"matcha"}}
    assert stocked(database, THEIRS) == {"matcha": DEFAULT_SCOOPS - 1}


def test_a_stocktake_empties_one_freezer_alone(database: Database) -> None:
    reserve(database, wish("a", "matcha"), cluster=THEIRS)
    put(database, OURS, matcha=0)
    assert stocked(database, THEIRS) == {"matcha": DEFAULT_SCOOPS - 1}
    for cluster in (OURS, THEIRS):
        assert_books_balance(database, cluster)
