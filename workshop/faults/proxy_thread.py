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
from workshop.faults.credentials import current_context, proxy_kubeconfig, tls_contexts
from workshop.faults.injector import FaultInjector, InjectedFault
from workshop.faults.proxy import Proxy
from workshop.faults.rates import FaultRates, parse_rates

_BACKLOG = 128


@contextlib.contextmanager
def running(
    kubeconfig: Path,
    rates: Mapping[str, float] | None = None,
    *,
    seed: int = 0,
    longest_delay: float = 0.5,
    folder: Path | None = None,
    on_injected: Callable[[InjectedFault], object] | None = None,
) -> Iterator[FaultInjector]:
    """A proxy in front of the API server of `kubeconfig`, on a free port of 127.0.0.1, until the end of the `with`.

    Its own kubeconfig (`FaultInjector.kubeconfig`) is put in `folder`, by default beside the one given, and removed at
    the end. `longest_delay` is of latency, in seconds. `on_injected` is called in the proxy's thread; what it raises
    ends the proxy, and is raised at the end of the `with`.

    Raises:
        KubeconfigError: `kubeconfig` can't be used.
        RatesError: the rates make no sense.
    """
    context = current_context(kubeconfig)
    fault_rates = FaultRates(seed, parse_rates(rates or {}), longest_delay)
    tls = tls_contexts(context, datetime.datetime.now(datetime.UTC))
    with contextlib.ExitStack() as stack:
        listening = stack.enter_context(socket.create_server(("127.0.0.1", 0), backlog=_BACKLOG))
        listening.setblocking(False)
        port = listening.getsockname()[1]
        own = (folder or kubeconfig.parent) / f"through-{port}.{kubeconfig.name}"
        stack.callback(own.unlink, missing_ok=True)
        write(own, proxy_kubeconfig(context, port, tls.ca))
        injector = FaultInjector(own, fault_rates, on_injected)
        proxy = Proxy(context.server, tls.upstream, injector.decide)
        stack.enter_context(_in_thread(lambda until: proxy.serve(listening, tls.downstream, until)))
        yield injector


@contextlib.contextmanager
def _in_thread(serve: Callable[[asyncio.Future[None]], Coroutine[Any, Any, None]]) -> Iterator[None]:
    """Run `serve` in a thread, and end it by the future that it is given; what it raises is raised here."""
    started: Future[tuple[asyncio.AbstractEventLoop, asyncio.Future[None]]] = Future()
    ended: Future[None] = Future()

    async def main() -> None:
        loop = asyncio.get_running_loop()
        until: asyncio.Future[None] = loop.create_future()
        started.set_result((loop, until))
        await serve(until)

    def run() -> None:
        try:
            ended.set_result(asyncio.run(main()))
        except BaseException as error:
            ended.set_exception(error)

    threading.Thread(target=run, name="faults", daemon=True).start()
    loop, until = started.result()

    def end() -> None:
        if not until.done():
            until.set_result(None)

    try:
        yield
    finally:
        with contextlib.suppress(RuntimeError):  # it has ended, and closed its loop
            loop.call_soon_threadsafe(end)
        ended.result()
