"""A process that reserves and gives back at random for the same icecreams as others: its arguments are URL and SEED.

It says when it is in the middle of that.
"""

import contextlib
import random
import sys

from icecream_operator.freezer.database import Database
from icecream_operator.freezer.errors import OutOfStockError
from tests.freezer.inventory import give_back, reserve, wish

ROUNDS = 60


def main(url: str, seed: int) -> None:
    """Write a number of times."""
    chance = random.Random(seed)  # noqa: S311
    database = Database(url)
    for number in range(ROUNDS):
        name, flavours = chance.choice("abcdef"), chance.sample(["matcha", "vanilla", "zest"], 2)
        if chance.random() < 0.4:
            give_back(database, wish(name))
        else:
            with contextlib.suppress(OutOfStockError):
                reserve(database, wish(name, *flavours))
        if number == 5:
            print("writing", flush=True)
    database.close()


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
