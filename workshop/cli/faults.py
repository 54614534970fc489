"""`workshop faults`: the proxy that injects faults, in the foreground, before a process that it starts or you do."""

import datetime
import os
import shlex
import signal
import subprocess
import sys
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import assert_never

import click

from workshop.faults import AFTER, BEFORE, FaultInjector, InjectedFault, Kind, KubeconfigError, RatesError, running
from workshop.faults.actions import Cut, Delay, EndWith, KillClient, LoseReply, Respond, RewriteTarget
from workshop.faults.injector import FaultAction
from workshop.faults.kinds import DESCRIPTIONS
from workshop.system import processes
from workshop.workspace import home, operators

_GRACE = 10.0  # seconds that COMMAND has to end after SIGTERM


def _rates(_context: click.Context, _parameter: click.Parameter, values: Sequence[str]) -> dict[str, float]:
    rates = {}
    for value in values:
        kind, _, rate = value.partition("=")
        try:
            rates[kind] = float(rate)
        except ValueError as error:
            raise click.BadParameter(f"{value!r} isn't KIND=RATE, such as conflict=0.1") from error
    return rates


@click.command(
    "faults",
    context_settings={"allow_interspersed_args": False},
    epilog="\b\nKinds:\n" + "\n".join(f"  {kind:<10} {text}" for kind, text in DESCRIPTIONS.items()),
)
@click.argument("command", nargs=-1, type=click.UNPROCESSED)
@click.option("--rate", "rates", multiple=True, callback=_rates, metavar="KIND=RATE", help="From 0 to 1; repeatable.")
@click.option("--seed", default=0, show_default=True, help="The same seed and requests give the same faults.")
@click.option("--longest-delay", type=click.FloatRange(0), default=0.5, show_default=True, help="Of latency, in s.")
@click.option("--kill-before", type=click.IntRange(1), metavar="N", help="Kill COMMAND before its N-th write.")
@click.option("--kill-after", type=click.IntRange(1), metavar="N", help="The same after it, its reply lost.")
@click.option("--kubeconfig", type=click.Path(path_type=Path), help="Whose. [the operator's, in this workspace]")
def command(  # one parameter an option, that is click's way
    command: tuple[str, ...],
    rates: dict[str, float],
    seed: int,
    longest_delay: float,
    kill_before: int | None,
    kill_after: int | None,
    kubeconfig: Path | None,
) -> None:
    """Put a proxy that injects faults before the API server, until Ctrl-C, or until COMMAND ends.

    COMMAND is run with KUBECONFIG set. Without it, the proxy says how to start a process yourself.
    """
    kill = kill_before or kill_after
    if (kill_before and kill_after) or (kill and not command):
        raise click.UsageError("One of --kill-before and --kill-after is possible, and it needs a COMMAND to kill.")
    layout = home.layout()
    try:
        user = kubeconfig or operators.log_in(operators.OPERATORS["operator"], home.current_cluster(layout))
        layout.create()
        with running(
            user, rates, seed=seed, longest_delay=longest_delay, folder=layout.root, on_injected=_print
        ) as proxy:
            try:
                code = _run(proxy, command, kill, before=bool(kill_before)) if command else _wait(proxy)
            finally:
                _print_summary(proxy)
    except (RatesError, KubeconfigError) as error:
        raise click.ClickException(str(error)) from error
    sys.exit(code)


def _run(proxy: FaultInjector, command: Sequence[str], kill: int | None, *, before: bool) -> int:
    """Run `command` through the proxy, and return its exit code; 0 if it was to be killed and was."""
    environment = {**os.environ, "KUBECONFIG": str(proxy.kubeconfig)}
    try:
        process = subprocess.Popen(command, env=environment, preexec_fn=processes.killed_with_us())
    except OSError as error:
        raise click.ClickException(f"{command[0]} can't be started: {error.strerror}") from error
    killed = proxy.kill_at(kill, BEFORE if before else AFTER, process.pid) if kill else None
    try:
        code = process.wait()
    finally:
        processes.stop([process], grace=_GRACE)
    if killed is None:
        return code
    if code != -signal.SIGKILL:
        raise click.ClickException(f"{command[0]} ended by itself, with exit code {code}, before its write {kill}.")
    killed.result(timeout=_GRACE)
    return 0


def _wait(proxy: FaultInjector) -> int:
    start = shlex.join(operators.command(operators.OPERATORS["operator"]))
    click.echo(f"The proxy's kubeconfig is {proxy.kubeconfig}")
    click.echo(f"In another shell, for example:\n  KUBECONFIG={proxy.kubeconfig} {start}")
    click.echo("Ctrl-C ends it.")
    threading.Event().wait()
    return 0


def _print(fault: InjectedFault) -> None:
    at = "" if fault.event is None else f", at event {fault.event}"
    now = datetime.datetime.now(datetime.UTC).astimezone()
    click.echo(f"{now:%H:%M:%S}  {fault.kind:<9}  {fault.request}{at}: {details(fault.action)}")


def details(action: FaultAction) -> str:
    """What was done, in a few words."""
    match action:
        case Respond(status=status, forwarded=forwarded):
            return f"{status}, and it happened" if forwarded else str(status)
        case Delay(seconds):
            return f"{seconds:.2f} s"
        case Cut(share):
            return f"after {share:.0%} of it"
        case KillClient(forwarded=forwarded):
            return "killed, after it had happened" if forwarded else "killed, before it"
        case EndWith():
            return "an ERROR event instead"
        case RewriteTarget():
            return "an earlier state"
        case LoseReply():
            return "it happened, the reply is lost"
        case _:
            assert_never(action)


def _print_summary(proxy: FaultInjector) -> None:
    counts = proxy.counts()
    injected = ", ".join(f"{kind} {counts[kind]}" for kind in Kind if counts[kind]) or "none"
    click.echo(f"\nInjected: {injected}. Writes that came: {len(proxy.writes)}.")
