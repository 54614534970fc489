"""The root of the command line: finds a command's module when it is asked for, and turns errors into one clear line.

Exit codes: 0 done, 1 couldn't be done (the message says what to do next), 2 typed wrong, 130 interrupted.
"""

import importlib
import signal
import sys
from importlib.util import find_spec
from types import FrameType

import click

from reconciling import httpproxy

_COMMANDS = {
    "acme": "be an ACME client: issue a certificate, and watch each message",
    "check": "a lesson's checks, on the code in the working tree",
    "demo": "the lecture's story on a fresh control plane, each command and its real output",
    "docs": "the course as a web site, built into site/",
    "doctor": "what is here, what is missing, how to get it",
    "down": "end the control plane; its data stays",
    "env": 'the shell lines that make kubectl use it: eval "$(workshop env)"',
    "freezer": "the stock of scoops: stock, refill, ledger, check, repair",
    "faults": "a proxy before the API server that injects, from a seed, what goes wrong in production",
    "gates": "what every lesson must stand up to (for authors)",
    "hint": "help with what is red",
    "lessons": "the way through the course, and where you are",
    "logs": "a component's log",
    "perturb": "scenarios, run at all points at which an operator may be killed, be behind, or not see something",
    "reset": "forget the control plane's data",
    "run": "a component in the foreground, as its own service account",
    "serve": "the site on this machine, built again at each save",
    "solution": "the reference, and its reasons",
    "start": "a lesson, on a branch of your own",
    "status": "what runs, what doesn't, and what there isn't",
    "tags": "the stages of the lessons, as git tags",
    "up": "start the control plane in the background",
    "webhook": "have the API server ask the operator, and find what is wrong",
}


class _Commands(click.Group):
    """Commands by name, each in the module of its name, imported only when used. A stage has those of its lessons."""

    def list_commands(self, _context: click.Context) -> list[str]:
        return sorted(name for name in _COMMANDS if find_spec(f"workshop.cli.{name}"))

    def get_command(self, context: click.Context, name: str) -> click.Command | None:
        if name not in self.list_commands(context):
            return None
        command: click.Command = importlib.import_module(f"workshop.cli.{name}").command
        return command

    def format_commands(self, context: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, _COMMANDS[name]) for name in self.list_commands(context)])


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
def workshop() -> None:
    """Learn to write Kubernetes operators, on a real control plane on this machine."""


def main() -> None:
    """Run the command line."""
    _end_on_signals()
    httpproxy.exempt_loopback()
    try:
        code = workshop(standalone_mode=False)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except (click.Abort, KeyboardInterrupt):
        click.echo("Interrupted.", err=True)
        sys.exit(130)
    except Exception as error:
        if not _is_meant_for_people(error):
            raise
        click.echo(f"workshop: {error}", err=True)
        sys.exit(1)
    sys.exit(code)


def _end_on_signals() -> None:
    """Have SIGTERM and SIGHUP do what Ctrl-C does; asyncio turns that into the end of its main task.

    An exception of our own would break into whatever callback the event loop runs just then. What a script starts
    with & is born with SIGINT ignored, and what `nohup` starts with SIGHUP ignored; only the latter is meant.
    """
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGTERM, _as_interrupt)
    if signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:
        signal.signal(signal.SIGHUP, _as_interrupt)


def _as_interrupt(_number: int, _frame: FrameType | None) -> None:
    signal.raise_signal(signal.SIGINT)


def _is_meant_for_people(error: Exception) -> bool:
    from workshop.binaries import BinariesMissing
    from workshop.controlplane.components import ComponentFailedError
    from workshop.controlplane.errors import ControlPlaneError
    from workshop.course.errors import CourseError
    from workshop.workspace.cluster import KubectlError

    return isinstance(error, BinariesMissing | KubectlError | ComponentFailedError | ControlPlaneError | CourseError)
