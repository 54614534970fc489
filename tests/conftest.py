"""How a test run ends early: by Ctrl-C, also where the shell ignores it for background jobs, or by SIGTERM, cleanly."""

import signal

for number in (signal.SIGINT, signal.SIGTERM):
    signal.signal(number, signal.default_int_handler)
