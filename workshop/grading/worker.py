"""A Python that may be started before it is needed: it imports what takes time, waits, and is then `python -m pytest`.

It is run by its path, because the checks may lie in another folder than this file: the one in which it is started. A
line of JSON says how it goes on: `arguments` and `environment`.
"""

import importlib
import json
import os
import runpy
import sys
from pathlib import Path


def main() -> None:
    """Import the modules that the command line names, and be pytest as soon as somebody says so."""
    sys.path[0] = str(Path.cwd())  # as `python -m` has it
    for module in sys.argv[1:]:
        importlib.import_module(module)
    if line := sys.stdin.readline():
        request = json.loads(line)
        os.dup2(os.open(os.devnull, os.O_RDONLY), sys.stdin.fileno())
        os.environ.update(request["environment"])
        sys.argv[1:] = request["arguments"]
        runpy.run_module("pytest", run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main()
