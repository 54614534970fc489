"""Run the flows one after the other, each in a process of its own, on one Pebble, and print a table.

python -m benchmarks.acme [--quick]
"""

import asyncio
import json
import subprocess
import sys

import psutil

from benchmarks.acme.measurement import CA, Measurement
from workshop import pebble

OURS, LIBRARY = "certmanager.acme", "acme 5.9, its own flow"
FLOWS = [(OURS, 1, 300), (OURS, 16, 800), (LIBRARY, 1, 20), (LIBRARY, 16, 160)]
TIMES = ["p50 ms", "p99 ms", "per s", "requests", "Python CPU ms", "Pebble CPU ms", "peak MiB"]
COLUMNS = ["flow", "at a time", "issuances", *TIMES]


def main() -> None:
    """The table, or one flow of it where a parent asks for that."""
    if sys.argv[1:2] == ["flow"]:
        print(_flow(*json.loads(sys.argv[2])).to_json())
        return
    quick = "--quick" in sys.argv
    print(f"| {' | '.join(COLUMNS)} |\n|{'---|' * len(COLUMNS)}", flush=True)
    measurements = {}
    with pebble.serve(pebble.Options(authorization_reuse=0)) as ca:
        for name, at_a_time, count in FLOWS:
            measured, pebble_cpu = _measure(ca, name, at_a_time, max(at_a_time, count // 10) if quick else count)
            measurements[name, at_a_time] = measured
            print(_row(name, measured, pebble_cpu), flush=True)
    print(_explanation(measurements[OURS, 1]))


def _flow(name: str, ca: dict[str, object], at_a_time: int, count: int) -> Measurement:
    where = CA(**ca)  # type: ignore[arg-type]
    if name == OURS:
        from benchmarks.acme import certmanager_client

        return asyncio.run(certmanager_client.run(where, at_a_time, count))
    from benchmarks.acme import acme_library

    return acme_library.run(where, at_a_time, count)


def _measure(ca: pebble.Pebble, name: str, at_a_time: int, count: int) -> tuple[Measurement, float]:
    where = {"directory_url": ca.directory_url, "ca_file": str(ca.ca_file), "http_port": ca.http_port}
    argv = [sys.executable, "-m", "benchmarks.acme", "flow", json.dumps([name, where, at_a_time, count])]
    before = _cpu(ca)
    done = subprocess.run(argv, stdout=subprocess.PIPE, check=True)
    return Measurement(**json.loads(done.stdout)), _cpu(ca) - before


def _cpu(ca: pebble.Pebble) -> float:
    times = [psutil.Process(pid).cpu_times() for pid in ca.pids.values()]
    return sum(process.user + process.system for process in times)


def _row(name: str, measured: Measurement, pebble_cpu: float) -> str:
    cells = [
        name,
        measured.at_a_time,
        measured.count,
        f"{measured.percentile(50):.1f}",
        f"{measured.percentile(99):.1f}",
        f"{measured.count / measured.wall:.1f}",
        f"{measured.requests / measured.count:.2f}",
        f"{measured.cpu / measured.count * 1000:.1f}",
        f"{pebble_cpu / measured.count * 1000:.1f}",
        f"{measured.peak_mib:.0f}",
    ]
    return f"| {' | '.join(map(str, cells))} |"


def _explanation(measured: Measurement) -> str:
    share, waited = measured.cpu / measured.wall, measured.waited / measured.wall
    return f"""
One of ours at a time: Python's CPU (client and solver) is {share:.0%} of the time, our waiting between two looks at a
resource {waited:.0%}, the rest is Pebble and the way there and back. The library waits whole seconds between two
looks, so compare its CPU.
The fewest requests that RFC 8555 allows with a CA that validates and issues asynchronously, as Pebble does, are 7:
newOrder, authorization, challenge, authorization, finalize, order, certificate. A CA that answers finalize with the
valid order saves one; a name that is authorized already saves three."""


if __name__ == "__main__":
    main()
