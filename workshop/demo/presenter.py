"""Presents commands on a real cluster: shows each as one would type it, runs it, shows what it prints, checks that.

Which commands stands in `steps/`; nothing here knows of icecreams.
"""

import contextlib
import re
import shlex
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from rich.console import Console
from rich.markdown import Markdown
from rich.rule import Rule
from rich.text import Text

from workshop.system import processes
from workshop.system.polling import eventually
from workshop.workspace import home
from workshop.workspace.cluster import CHECKOUT, Cluster

_LIMIT = 60.0  # seconds for one command
_POLL_INTERVAL = 0.2  # seconds


class DemoError(Exception):
    """A command didn't do what was expected of it; what it printed has been shown."""


@dataclass
class Presenter:
    """Shows on `console` what commands do on `cluster`; between two steps it calls `pause`."""

    cluster: Cluster
    console: Console
    pause: Callable[[], None]
    _number: int = 0
    _started: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)

    def step(self, title: str, text: str = "") -> None:
        """Begin a step."""
        if self._number:
            self.pause()
        self._number += 1
        self.console.print()
        self.console.print(Rule(f"[bold]{self._number}. {title}[/bold]", align="left"))
        if text:
            self.console.print(Markdown(text))

    def run(self, command: str, *, shows: str = "", fails: bool = False) -> None:
        """Run a command; `shows` is a regular expression that must be found in what it prints.

        Raises:
            DemoError: it isn't found, or the command fails; with `fails`, or it doesn't fail.
        """
        self._prompt(command)
        output = self._output(command, fails=fails)
        self._print(output)
        if not re.search(shows, output):
            raise DemoError(f"`{command}` was expected to show {shows!r}")

    def run_until(self, command: str, *, shows: str) -> None:
        """Run a command whose answer may lag behind, until it shows `shows`; print only the last answer.

        Raises:
            DemoError: it hasn't shown it within a minute.
        """
        self._prompt(command)
        output = ""

        def look() -> None:
            nonlocal output
            output = self._output(command, fails=None)
            if not re.search(shows, output):
                raise TimeoutError(f"`{command}` was expected to show {shows!r} within {_LIMIT:.0f} s")

        try:
            eventually(look, within=_LIMIT, every=_POLL_INTERVAL, retry_on=TimeoutError)
        except TimeoutError as error:
            raise DemoError(str(error)) from None
        finally:
            self._print(output)

    @contextlib.contextmanager
    def watching(self, command: str, *, after: str, until: str) -> Iterator[None]:
        """Run a command that doesn't end by itself beside what happens in the `with`.

        The `with` begins when a line matches `after`, so the watch misses nothing of it; the command ends when, after
        the `with`, a line matches `until`.

        Raises:
            DemoError: no line does, within a minute.
        """
        self._prompt(command)
        with self._begin(command) as watch:
            limit = threading.Timer(_LIMIT, watch.kill)
            limit.start()
            try:
                self._print_until(watch, command, after)
                yield
                self._print_until(watch, command, until)
            finally:
                limit.cancel()
                watch.terminate()

    def start(self, name: str, *arguments: str) -> None:
        """Start the operator `name` as its own service account; `stop` or `end` ends it."""
        self._prompt(" ".join(["workshop", "run", name, *arguments, "&"]))
        argv = [sys.executable, "-m", "workshop", "run", name, *arguments]
        log = self.cluster.folder / f"{name}.log"
        self._started[name] = processes.start(argv, log=log, cwd=CHECKOUT, env=self._environment())

    def stop(self, name: str) -> None:
        """End the operator `name`."""
        self._prompt("kill %1")
        processes.stop([self._started.pop(name)], grace=10)

    def end(self) -> None:
        """End the operators that were started."""
        processes.stop(self._started.values(), grace=10)

    def _print_until(self, watch: subprocess.Popen[str], command: str, until: str) -> None:
        for line in watch.stdout or ():
            self._print(line)
            if re.search(until, line):
                return
        raise DemoError(f"`{command}` was expected to show {until!r} within {_LIMIT:.0f} s")

    def _output(self, command: str, *, fails: bool | None) -> str:
        with self._begin(command) as process:
            try:
                output, _ = process.communicate(timeout=_LIMIT)
            except BaseException as error:
                process.kill()
                if isinstance(error, subprocess.TimeoutExpired):
                    raise DemoError(f"`{command}` didn't end within {_LIMIT:.0f} s") from error
                raise
        if fails is not None and fails != bool(process.returncode):
            self._print(output)
            raise DemoError(f"`{command}` ended with exit code {process.returncode}")
        return output

    def _begin(self, command: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            shlex.split(command),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            cwd=CHECKOUT,
            env=self._environment(),
            preexec_fn=processes.killed_with_us(),
        )

    def _environment(self) -> dict[str, str]:
        return {**self.cluster.environment(), home.TEMPORARY_CLUSTER: str(self.cluster.folder)}

    def _prompt(self, command: str) -> None:
        self.console.print(Text("$ ", style="dim") + Text(command, style="bold cyan"), soft_wrap=True)

    def _print(self, output: str) -> None:
        if output:
            self.console.print(Text(output.rstrip("\n")), soft_wrap=True)
