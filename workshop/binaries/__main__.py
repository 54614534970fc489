"""`python -m workshop.binaries [NAME ...]`: makes binaries be there and prints where, for the Makefile and CI.

`--urls` prints the official downloads for all platforms instead. `wget -x -i -` makes a folder of them that any web
server can serve as the mirror that WORKSHOP_MIRROR names: thirty students, one download.
"""

import argparse
import signal
import sys
from collections.abc import Sequence

from workshop.binaries import BinariesMissing, Reporter, ensure
from workshop.binaries.catalogue import PLATFORMS, Catalogue, catalogue_for, host_catalogue


def main(arguments: Sequence[str] | None = None, catalogue: Catalogue | None = None) -> int:
    """Exit code 0 if all that is needed is in place, 1 if not, 130 if interrupted.

    Named binaries are all needed; without names, it is those that the workshop can't do without.
    """
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        catalogue = catalogue or host_catalogue()
        options = _parse(arguments, catalogue)
        if options.urls:
            print(*(download.url for target in PLATFORMS for download in catalogue_for(target).downloads), sep="\n")
            return 0
        needed = options.names or [name for name, binary in catalogue.binaries.items() if not binary.without]
        optional = [] if options.names else [name for name in catalogue.binaries if name not in needed]
        for name, path in ensure(needed, Reporter(), optional=optional, catalogue=catalogue).items():
            print(f"{name}\t{path}")
    except BinariesMissing as missing:
        print(missing, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("Interrupted. What was finished is kept; nothing half-installed is left.", file=sys.stderr)
        return 130
    return 0


def _parse(arguments: Sequence[str] | None, catalogue: Catalogue) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m workshop.binaries", description=__doc__)
    names = ", ".join(catalogue.binaries)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"one of {names}; default: all")
    parser.add_argument("--urls", action="store_true", help="print the official downloads for all platforms")
    options = parser.parse_args(arguments)
    if unknown := set(options.names) - set(catalogue.binaries):
        parser.error(f"no such binary: {', '.join(sorted(unknown))}")
    return options


if __name__ == "__main__":
    sys.exit(main())
