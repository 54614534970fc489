"""How a test run ends early: by Ctrl-C, also where the shell ignores it for background jobs, or by SIGTERM, cleanly.

And what the tests start is started as a person would: no make that they run knows of the `make test` that runs them.
"""

import os
import signal

for name in ("MAKEFLAGS", "MAKELEVEL", "MFLAGS"):
    os.environ.pop(name, None)

for number in (signal.SIGINT, signal.SIGTERM):
    signal.signal(number, signal.default_int_handler)
