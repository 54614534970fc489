"""Run the flows one after the other, each in a process of its own, on one Pebble, and print a table.

python -m benchmarks.acme [--quick]
"""

import asyncio
import json
import subprocess
import sys

import psutil

from benchmarks.acme.measure import CA, Run
from workshop import pebble

FLOWS = [("ours", 1, 300), ("ours", 16, 800), ("theirs", 1, 20), ("theirs", 16, 160)]
TITLES = {"ours": "certmanager.acme", "theirs": "acme 5.9, its own flow"}
TIMES = ["p50 ms", "p99 ms", "per s", "requests", "Python CPU ms", "Pebble CPU ms", "peak MiB"]
COLUMNS = ["flow", "at a time", "issuances", *TIMES]


def main() -> None:
    """The table, or one flow of it where a parent asks for that."""
    if sys.argv[1:2] == ["flow"]:
        print(_flow(*json.loads(sys.argv[2])).to_json())
        return
    quick = "--quick" in sys.argv
    print(f"| {' | '.join(COLUMNS)} |\n|{'---|' * len(COLUMNS)}", flush=True)
    runs = {}
    with pebble.running(pebble.Options(authorization_reuse=0)) as ca:
        for name, at_a_time, count in FLOWS:
            run, pebble_cpu = _measure(ca, name, at_a_time, max(at_a_time, count // 10) if quick else count)
            runs[name, at_a_time] = run
            print(_row(TITLES[name], run, pebble_cpu), flush=True)
    print(_told(runs["ours", 1]))


def _flow(name: str, ca: dict[str, object], at_a_time: int, count: int) -> Run:
    where = CA(**ca)  # type: ignore[arg-type]
    if name == "ours":
        from benchmarks.acme import ours

        return asyncio.run(ours.run(where, at_a_time, count))
    from benchmarks.acme import theirs

    return theirs.run(where, at_a_time, count)


def _measure(ca: pebble.Pebble, name: str, at_a_time: int, count: int) -> tuple[Run, float]:
    where = {"directory_url": ca.directory_url, "ca_file": str(ca.ca_file), "http_port": ca.http_port}
    argv = [sys.executable, "-m", "benchmarks.acme", "flow", json.dumps([name, where, at_a_time, count])]
    before = _cpu(ca)
    done = subprocess.run(argv, stdout=subprocess.PIPE, check=True)
    return Run(**json.loads(done.stdout)), _cpu(ca) - before


def _cpu(ca: pebble.Pebble) -> float:
    times = [psutil.Process(pid).cpu_times() for pid in ca.pids.values()]
    return sum(each.user + each.system for each in times)


def _row(title: str, run: Run, pebble_cpu: float) -> str:
    cells = [
        title,
        run.at_a_time,
        run.count,
        f"{run.percentile(50):.1f}",
        f"{run.percentile(99):.1f}",
        f"{run.count / run.wall:.1f}",
        f"{run.requests / run.count:.2f}",
        f"{run.cpu / run.count * 1000:.1f}",
        f"{pebble_cpu / run.count * 1000:.1f}",
        f"{run.peak_mib:.0f}",
    ]
    return f"| {' | '.join(map(str, cells))} |"


def _told(run: Run) -> str:
    share, waited = run.cpu / run.wall, run.waited / run.wall
    return f"""
One of ours at a time: Python's CPU (client and solver) is {share:.0%} of the time, our waiting between two looks at a
resource {waited:.0%}, the rest is Pebble and the way there and back. The library waits whole seconds between two
looks, so compare its CPU.
The fewest requests that RFC 8555 allows with a CA that validates and issues asynchronously, as Pebble does, are 7:
newOrder, authorization, challenge, authorization, finalize, order, certificate. A CA that answers finalize with the
valid order saves one; a name that is authorized already saves three."""


if __name__ == "__main__":
    main()
