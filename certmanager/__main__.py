"""`python -m certmanager`: cert-manager's controllers as a process, on a laptop as in a pod.

Flags have the names of the real one's. Exit codes: 0 after SIGINT or SIGTERM, 1 if it can't go on, 2 if it can't be
started this way.
"""

import argparse
import asyncio
import gc
import logging
import sys

import kopf
import uvloop

from certmanager import manager
from reconciling.connection import CredentialsError
from reconciling.endpoints import AddressError, address
from reconciling.kopf_internals import silence_stopped_tasks


def main() -> int:
    """Run the controllers and return the exit code."""
    arguments = _parser().parse_args()
    _configure_logs(arguments.logging_format, arguments.verbose)
    gc.freeze()  # what was imported stays; to look through it again and again takes a sixth of the CPU
    try:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(manager.run(arguments))
    except (CredentialsError, AddressError) as error:
        print(f"certmanager: {error}", file=sys.stderr)
        return 2
    except (KeyboardInterrupt, asyncio.CancelledError):
        return 0
    return 0


def _configure_logs(logging_format: str, verbose: bool) -> None:
    kopf_format = kopf.LogFormat.JSON if logging_format == "json" else kopf.LogFormat.FULL
    kopf.configure(verbose=verbose, log_format=kopf_format, log_prefix=None)
    if not verbose:
        logging.getLogger("kopf").setLevel(logging.WARNING)
        silence_stopped_tasks()  # `manager` says why a watch has ended


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="certmanager", description="Issues and renews certificates, as cert-manager does."
    )
    parser.add_argument(
        "--kubeconfig",
        metavar="FILE",
        help="which API server, and as whom (default: the variable KUBECONFIG, else the pod's service account)",
    )
    parser.add_argument(
        "--namespace",
        default="",
        help="look at the Certificates, requests, Issuers and Secrets of this namespace only (default: all)",
    )
    parser.add_argument(
        "--cluster-resource-namespace",
        default="cert-manager",
        metavar="NAMESPACE",
        help="where ClusterIssuers have their Secrets (default: %(default)s)",
    )
    parser.add_argument(
        "--concurrent-workers",
        type=_positive,
        default=16,
        metavar="NUMBER",
        help="how many objects of a kind are worked on at a time (default: %(default)s)",
    )
    for flag, endpoints in (
        ("--healthz-listen-address", "/healthz and /readyz"),
        ("--metrics-listen-address", "/metrics"),
    ):
        parser.add_argument(
            flag,
            type=address,
            default="0",
            metavar="ADDRESS",
            help=f"serve {endpoints} there: HOST:PORT, or :PORT for all interfaces, or 0 not to (default: %(default)s)",
        )
    parser.add_argument("--logging-format", choices=("text", "json"), default="text", help="(default: %(default)s)")
    parser.add_argument("--verbose", action="store_true", help="show also what kopf does")
    return parser


def _positive(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number from 1 on")
    return int(text)


if __name__ == "__main__":
    sys.exit(main())
