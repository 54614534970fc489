"""A bash that is given one command after the other and tells what each has printed, as a terminal would show it.

It is one shell from the first command to the last, so variables, folders and background jobs go on to be there. Nobody
types into what it runs, which may do whatever it likes: hang, end the shell, leave processes behind.
"""

import contextlib
import os
import select
import signal
import subprocess
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import psutil

_GRACE = 10.0  # seconds that a process has to end after SIGTERM
_FAREWELL_LIMIT = 60.0  # seconds
_LOOK_AGAIN = 0.05  # seconds

# Commands come by one descriptor, each ended by NUL; their exit codes go by another one. When we are gone, however that
# came about, nobody holds the other end of `alive`, which ends whatever runs; there are no more commands, and the
# farewell is done all the same: an `echo` that nobody reads ends only its parentheses.
# What bash has to say of a job that was killed, it says at the latest when it waits for the next command, here `(:)`.
_LOOP = """
trap '({farewell}) > /dev/null 2>&1' EXIT
(read -r -u {alive}; kill 0) > /dev/null 2>&1 {commands}<&- {codes}>&- &
disown
status=0
while IFS= read -r -d '' -u {commands} command; do
  (exit "$status")
  eval "$command" {commands}<&- {codes}>&- {alive}<&-
  status=$?
  (:)
  (echo "$status" >&{codes})
done
"""


class ShellError(Exception):
    """A command didn't come to its end: `printed` is what it has printed, and `str()` says what became of it."""

    def __init__(self, what: str, printed: str) -> None:
        super().__init__(what)
        self.printed = printed


@dataclass(frozen=True)
class Ran:
    """A command that came to its end."""

    output: str
    code: int


class Shell:
    """A running shell, where its commands go, and where outputs and exit codes come from."""

    def __init__(self, process: subprocess.Popen[bytes], commands: int, alive: int, output: int, codes: int) -> None:
        self._process = process
        self._commands = commands
        self._alive = alive
        self._output = output
        self._codes = codes

    def run(self, command: str, limit: float) -> Ran:
        """Run a command and return when it has ended; what runs on in the background prints into later outputs.

        Raises:
            ShellError: it runs for more than `limit` seconds, or has ended the shell.
        """
        deadline = time.monotonic() + limit
        printed = bytearray()
        with contextlib.suppress(BrokenPipeError):  # the shell has ended; its end of the codes says so
            os.write(self._commands, command.encode() + b"\0")
        while (left := deadline - time.monotonic()) > 0:
            ready, _, _ = select.select([self._output, self._codes], [], [], left)
            if self._output in ready:
                printed += os.read(self._output, 65536)
            if self._codes in ready:
                code = os.read(self._codes, 16)
                while select.select([self._output], [], [], 0)[0] and (chunk := os.read(self._output, 65536)):
                    printed += chunk
                if not code:
                    raise ShellError("ends the shell", _text(printed))
                return Ran(_text(printed), int(code))
        raise ShellError(f"doesn't end within {limit:g} s", _text(printed))

    def end(self) -> None:
        """End it with what runs in it; the shell does its farewell then, also out of a loop that never ends."""
        processes = list(self._members())
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGTERM)
        os.close(self._commands)
        os.close(self._alive)
        os.close(self._codes)
        _, alive = psutil.wait_procs(processes, timeout=_GRACE)
        for process in alive:
            process.kill()
        self._wait()
        os.close(self._output)

    def _wait(self) -> None:
        """Wait for the shell, which may still have something to print."""
        deadline = time.monotonic() + _FAREWELL_LIMIT
        while self._process.poll() is None:
            if time.monotonic() > deadline:
                self._process.kill()
            if select.select([self._output], [], [], _LOOK_AGAIN)[0] and not os.read(self._output, 65536):
                self._process.wait()

    def _members(self) -> Iterator[psutil.Process]:
        """All processes of the shell's process group but itself."""
        for process in psutil.process_iter():
            with contextlib.suppress(ProcessLookupError):
                if process.pid != self._process.pid and os.getpgid(process.pid) == self._process.pid:
                    yield process


@contextlib.contextmanager
def bash(folder: Path, environment: Mapping[str, str], farewell: str) -> Iterator[Shell]:
    """A shell in `folder`; the command `farewell` runs at its end, also if we are killed; what it prints is lost."""
    commands_in, commands = os.pipe()
    alive_in, alive = os.pipe()
    output, output_in = os.pipe()
    codes, codes_in = os.pipe()
    loop = _LOOP.format(commands=commands_in, alive=alive_in, codes=codes_in, farewell=farewell)
    process = subprocess.Popen(
        ["bash", "-c", loop],
        cwd=folder,
        env=dict(environment),
        stdin=subprocess.DEVNULL,
        stdout=output_in,
        stderr=output_in,
        start_new_session=True,
        pass_fds=[commands_in, alive_in, codes_in],
    )
    for descriptor in (commands_in, alive_in, codes_in, output_in):
        os.close(descriptor)
    shell = Shell(process, commands, alive, output, codes)
    try:
        yield shell
    finally:
        shell.end()


def _text(printed: bytearray) -> str:
    return printed.decode(errors="replace")
