"""Runs a notebook from its first cell to its last, with this Python, and leaves nothing behind.

The kernel is `ipykernel` of our own virtual environment whatever else the user has installed, is talked to by Unix
sockets in a folder of its own, and finds the code of the tree in which the notebook lies.
"""

import asyncio
import os
import re
import signal
from pathlib import Path

import nbformat
from jupyter_client.kernelspec import KernelSpecManager
from jupyter_client.manager import AsyncKernelManager
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError
from nbformat import NotebookNode

from workshop.notebooks.errors import NotebookError
from workshop.system.tempdir import temporary_directory

CELL_LIMIT = 120  # seconds
_COLOUR = re.compile(r"\x1b\[[0-9;]*m")


def run(path: Path, limit: int = CELL_LIMIT) -> NotebookNode:
    """Return the notebook with its outputs; the file stays as it is. Each cell may take `limit` seconds.

    Raises:
        NotebookError: a cell fails, takes too long, or ends the kernel.
    """
    notebook: NotebookNode = nbformat.read(path, as_version=4)
    with temporary_directory() as folder:
        asyncio.run(_run(notebook, path, folder, limit))
    return notebook


async def _run(notebook: NotebookNode, path: Path, folder: Path, limit: int) -> None:
    client = NotebookClient(notebook, km=_kernel(folder), timeout=limit, coalesce_streams=True)
    loop, task = asyncio.get_running_loop(), asyncio.current_task()
    numbers = (signal.SIGINT, signal.SIGTERM)
    handlers = {number: signal.getsignal(number) for number in numbers}
    async with client.async_setup_kernel(cwd=str(path.parent), env=_environment(path, folder), cleanup_kc=True):
        for number, handler in handlers.items():  # the client's own would end the kernel, and not us
            loop.remove_signal_handler(number)
            signal.signal(number, handler)
        for index, cell in enumerate(notebook.cells):
            try:
                await client.async_execute_cell(cell, index)
            except CellExecutionError as error:
                raise _failed(path, index, f"{error.ename}: {_COLOUR.sub('', error.evalue)}", cell) from None
            except CellTimeoutError:
                raise _failed(path, index, f"no end after {limit} s", cell) from None
            except DeadKernelError:
                if task and task.cancelling():  # by Ctrl-C, which the client takes for a kernel that has died
                    raise asyncio.CancelledError from None
                raise _failed(path, index, "it ended the kernel", cell) from None


def _kernel(folder: Path) -> AsyncKernelManager:
    return AsyncKernelManager(
        kernel_name="python3",
        kernel_spec_manager=KernelSpecManager(kernel_dirs=[]),  # none of the user's: ipykernel's own
        transport="ipc",
        ip=str(folder / "kernel"),
        connection_file=str(folder / "kernel.json"),
    )


def _environment(path: Path, folder: Path) -> dict[str, str]:
    tree = str(path.resolve().parents[1])
    return {
        **os.environ,
        "PYTHONPATH": tree,
        "IPYTHONDIR": str(folder / "ipython"),
        "PYDEVD_DISABLE_FILE_VALIDATION": "1",  # says nothing about breakpoints that nobody sets
    }


def _failed(path: Path, index: int, how: str, cell: NotebookNode) -> NotebookError:
    first = cell.source.strip().splitlines()[0]
    return NotebookError(f"{path.name}, cell {index + 1} ({first}): {how}")
