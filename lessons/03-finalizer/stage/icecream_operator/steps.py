"""What the operator does, in order. A later lesson adds its modules, names them here, and changes no other file."""

import argparse

import kopf

from icecream_operator import watch
from icecream_operator.cluster_identity import ClusterIdentity
from icecream_operator.eviction import Eviction
from icecream_operator.finalizer import Finalizer
from icecream_operator.freezer import database_url
from icecream_operator.freezer.freezer import Freezer
from icecream_operator.operation import OnEvent, Operation, Parts
from icecream_operator.repair import Repair
from icecream_operator.reservation import ReservationStep
from icecream_operator.waiting import WaitingList
from reconciling.controller import Controller

BACKOFF = 0.1, 5.0  # seconds between looks at a database that is not available


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Say which options the steps have."""
    parser.add_argument(
        "--on-oversell",
        choices=("evict", "mark"),
        default="evict",
        help="delete an icecream that is one too many, or keep it and say so in its status (default: %(default)s)",
    )
    database_url.add_argument(parser)


def build(arguments: argparse.Namespace, parts: Parts) -> Operation:
    """Return the steps of a reconcile, and what else is to be run.

    After the last step the reconciler writes the status. What is oversold and not evicted is marked: its condition
    Ready says so. It reserves nothing, so the quota comes before the freezer; and the finalizer is there before
    anything is reserved.
    """
    freezer = Freezer(arguments.freezer_url, ClusterIdentity(parts.api), parts.now)
    waiting = WaitingList(parts.new_queue(*BACKOFF), parts.queue, parts.cache, freezer)
    repair = Repair(parts.new_queue(*BACKOFF), parts.cache, parts.icecreams, freezer, waiting)
    eviction = Eviction(parts.icecreams, parts.events)
    return Operation(
        steps=(
            *((eviction,) if arguments.on_oversell == "evict" else ()),
            Finalizer(parts.icecreams, parts.cache, freezer, waiting, parts.events),
            ReservationStep(parts.cache, freezer, waiting, repair.on_gone),
        ),
        controllers=(
            Controller("freezer-waiting", waiting.queue, waiting.reconcile),
            Controller("freezer-repair", repair.queue, repair.reconcile),
        ),
        on_list=repair.on_list,
        on_event=repair.on_event,
    )


def handlers(registry: kopf.OperatorRegistry, on_event: OnEvent) -> None:
    """Name all that kopf calls."""
    watch.register(registry, on_event)
