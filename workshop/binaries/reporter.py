"""What a person sees while binaries are provided: lines, a bar for bytes, the time that has passed for a build.

On a terminal it is drawn by rich; elsewhere (a log, CI) a plain line appears now and then. All goes to stderr.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, ProgressColumn, SpinnerColumn, TimeElapsedColumn

PLAIN_EVERY = 20.0


class Reporter:
    """Writes progress for a person. `clock` counts seconds."""

    def __init__(self, console: Console | None = None, clock: Callable[[], float] = time.monotonic) -> None:
        self.console = console or Console(stderr=True)
        self.clock = clock

    def say(self, text: str) -> None:
        """Write a line (or several), as it is."""
        self.console.print(text, markup=False, highlight=False, soft_wrap=True)

    @contextmanager
    def downloading(self, what: str, total: int | None) -> Iterator[Callable[[int], None]]:
        """Show a transfer of `total` bytes; call what is yielded with the bytes that have arrived since."""
        arrived = 0
        size = f" ({total / 1e6:.0f} MB)" if total else ""

        def plain() -> str:
            return f"  ... {arrived / 1e6:.0f} MB so far"

        with self._shown(what + size, total, plain, BarColumn(), DownloadColumn()) as advance:

            def add(count: int) -> None:
                nonlocal arrived
                arrived += count
                advance(count)

            yield add

    @contextmanager
    def working(self, what: str) -> Iterator[Callable[[], None]]:
        """Show the time since the start; call what is yielded every second or so."""
        start = self.clock()

        def plain() -> str:
            minutes, seconds = divmod(int(self.clock() - start), 60)
            return f"  ... {minutes} min {seconds:02} s so far"

        with self._shown(what, None, plain, SpinnerColumn()) as advance:
            yield lambda: advance(0)

    @contextmanager
    def _shown(
        self,
        what: str,
        total: int | None,
        plain: Callable[[], str],
        *columns: ProgressColumn,
    ) -> Iterator[Callable[[int], None]]:
        self.say(what)
        if self.console.is_terminal:
            with Progress(*columns, TimeElapsedColumn(), console=self.console, transient=True) as progress:
                task = progress.add_task(what, total=total)
                yield lambda size: progress.update(task, advance=size)
            return
        last = self.clock()

        def advance(_: int) -> None:
            nonlocal last
            if self.clock() - last >= PLAIN_EVERY:
                last = self.clock()
                self.say(plain())

        yield advance
