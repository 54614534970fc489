"""What the operator does, in order. A later lesson adds its modules, names them here, and changes no other file."""

import argparse

import kopf

from icecream_operator import watch
from icecream_operator.eviction import Eviction
from icecream_operator.operation import OnEvent, Operation, Parts


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Say which options the steps have."""
    parser.add_argument(
        "--on-oversell",
        choices=("evict", "mark"),
        default="evict",
        help="delete an icecream that is one too many, or keep it and say so in its status (default: %(default)s)",
    )


def build(arguments: argparse.Namespace, parts: Parts) -> Operation:
    """Return the steps of a reconcile, and what else is to be run.

    After the last step the reconciler writes the status. What is oversold and not evicted is marked: its condition
    Ready says so.
    """
    eviction = Eviction(parts.icecreams, parts.events)
    return Operation(steps=(eviction,) if arguments.on_oversell == "evict" else ())


def handlers(registry: kopf.OperatorRegistry, on_event: OnEvent) -> None:
    """Name all that kopf calls."""
    watch.register(registry, on_event)
