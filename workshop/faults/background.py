"""A proxy for the length of a `with`, in a thread with an event loop of its own: its user may block, and be killed."""

import asyncio
import contextlib
import datetime
import socket
import threading
from collections.abc import Callable, Coroutine, Iterator, Mapping
from concurrent.futures import Future
from pathlib import Path
from typing import Any

from workshop.controlplane.kubeconfig import write
from workshop.faults import credentials, schedule
from workshop.faults.injector import FaultInjector, Injected
from workshop.faults.proxy import Proxy

_BACKLOG = 128


@contextlib.contextmanager
def running(
    kubeconfig: Path,
    rates: Mapping[str, float] | None = None,
    *,
    seed: int = 0,
    longest_delay: float = 0.5,
    folder: Path | None = None,
    on_injected: Callable[[Injected], object] | None = None,
) -> Iterator[FaultInjector]:
    """A proxy in front of the API server of `kubeconfig`, on a free port of 127.0.0.1, until the end of the `with`.

    Its own kubeconfig (`FaultInjector.kubeconfig`) is put in `folder`, by default beside the one given, and removed at
    the end. `longest_delay` is of latency, in seconds. `on_injected` is called in the proxy's thread.

    Raises:
        KubeconfigError: `kubeconfig` can't be used.
        RatesError: the rates make no sense.
    """
    given = credentials.read(kubeconfig)
    planned = schedule.Schedule(seed, schedule.rates(rates or {}), longest_delay)
    tls = credentials.tls(given, datetime.datetime.now(datetime.UTC))
    with contextlib.ExitStack() as at_exit:
        listening = at_exit.enter_context(socket.create_server(("127.0.0.1", 0), backlog=_BACKLOG))
        port = listening.getsockname()[1]
        own = (folder or kubeconfig.parent) / f"through-{port}.{kubeconfig.name}"
        at_exit.callback(own.unlink, missing_ok=True)
        write(own, credentials.kubeconfig_of(given, port, tls.ca))
        faults = FaultInjector(own, planned, on_injected)
        proxy = Proxy(given.server, tls.asking, faults.decide)
        at_exit.enter_context(_in_thread(lambda until: proxy.serve(listening, tls.serving, until)))
        yield faults


@contextlib.contextmanager
def _in_thread(serve: Callable[[asyncio.Event], Coroutine[Any, Any, None]]) -> Iterator[None]:
    """Run `serve` in a thread, and end it by the event that it is given; what it raises is raised here."""
    started: Future[tuple[asyncio.AbstractEventLoop, asyncio.Event]] = Future()
    ended: Future[None] = Future()

    async def main() -> None:
        until = asyncio.Event()
        started.set_result((asyncio.get_running_loop(), until))
        await serve(until)

    def run() -> None:
        try:
            ended.set_result(asyncio.run(main()))
        except BaseException as error:
            ended.set_exception(error)

    threading.Thread(target=run, name="faults", daemon=True).start()
    loop, until = started.result()
    try:
        yield
    finally:
        if not ended.done():
            loop.call_soon_threadsafe(until.set)
        ended.result()
