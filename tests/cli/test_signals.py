"""What ends a command ends it as Ctrl-C does, in the middle of an event loop too."""

import signal
import subprocess
import sys

import pytest

SCRIPT = """
import asyncio, signal
import click
from workshop.cli import main

signal.signal(signal.{ignored}, signal.SIG_IGN)

@click.command()
def wait():
    async def forever():
        def callback():
            signal.raise_signal(signal.{name})
            print("the callback came to its end")
        asyncio.get_running_loop().call_soon(callback)
        await asyncio.sleep({seconds})
    asyncio.run(forever())

main.workshop.get_command = lambda *_: wait
main.main()
"""
UNRELATED = signal.SIGUSR1


def run(sent: signal.Signals, ignored: signal.Signals, seconds: float) -> tuple[int, str, str]:
    """Run a command in which that signal comes; at its start that other one is ignored."""
    script = SCRIPT.format(name=sent.name, ignored=ignored.name, seconds=seconds)
    ended = subprocess.run(
        [sys.executable, "-c", script, "wait"], capture_output=True, text=True, check=False, timeout=60
    )
    return ended.returncode, ended.stdout, ended.stderr.strip()


@pytest.mark.parametrize("sent", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_breaks_into_no_callback_of_an_event_loop(sent: signal.Signals) -> None:
    assert run(sent, UNRELATED, 600) == (130, "the callback came to its end\n", "Interrupted.")


def test_sigterm_ends_what_a_script_has_started_with_an_ampersand() -> None:
    assert run(signal.SIGTERM, signal.SIGINT, 600) == (130, "the callback came to its end\n", "Interrupted.")


def test_what_nohup_has_started_outlives_the_terminal() -> None:
    assert run(signal.SIGHUP, signal.SIGHUP, 0) == (0, "the callback came to its end\n", "")
