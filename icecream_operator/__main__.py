"""`python -m icecream_operator`: the operator as a process, on a laptop as in a pod.

Exit codes: 0 after SIGINT or SIGTERM, 1 if it can't go on, 2 if it can't be started this way.
"""

import argparse
import asyncio
import gc
import logging
import sys

import kopf
import uvloop

from icecream_operator import manager, steps
from reconciling.connection import CredentialsError
from reconciling.endpoints import AddressError, address
from reconciling.kopf_internals import silence_stopped_tasks


def main() -> int:
    """Run the operator and return its exit code."""
    arguments = _parser().parse_args()
    _configure_logs(arguments.log_format, arguments.verbose)
    gc.freeze()  # what was imported stays; to look through it again and again takes a sixth of the CPU
    try:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(manager.run(arguments))
    except (CredentialsError, AddressError) as error:
        print(f"icecream_operator: {error}", file=sys.stderr)
        return 2
    except (KeyboardInterrupt, asyncio.CancelledError):
        return 0
    return 0


def _configure_logs(log_format: str, verbose: bool) -> None:
    kopf_format = kopf.LogFormat.JSON if log_format == "json" else kopf.LogFormat.FULL
    kopf.configure(verbose=verbose, log_format=kopf_format, log_prefix=None)
    if not verbose:
        logging.getLogger("kopf").setLevel(logging.WARNING)
        silence_stopped_tasks()  # `manager` says why a watch has ended


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="icecream_operator", description="Sells icecreams, at most three of a flavour."
    )
    steps.add_arguments(parser)
    parser.add_argument(
        "--kubeconfig",
        metavar="FILE",
        help="which API server, and as whom (default: the variable KUBECONFIG, else the pod's service account)",
    )
    for flag, endpoints in (
        ("--health-probe-bind-address", "/healthz and /readyz"),
        ("--metrics-bind-address", "/metrics"),
    ):
        parser.add_argument(
            flag,
            type=address,
            default="0",
            metavar="ADDRESS",
            help=f"serve {endpoints} there: HOST:PORT, or :PORT for all interfaces, or 0 not to (default: %(default)s)",
        )
    parser.add_argument("--log-format", choices=("text", "json"), default="text", help="(default: %(default)s)")
    parser.add_argument("--verbose", action="store_true", help="show also what kopf does")
    return parser


if __name__ == "__main__":
    sys.exit(main())
