"""A queue of keys to reconcile, after client-go's workqueue.

It stands between the events, which come in bursts, and the workers, which take their time. It holds keys and not
events, so a worker always decides on what is true now, and ten events about one object cost one reconcile:

- A key that waits (client-go: is dirty) is not added again.
- A key that one worker is processing is not given to a second one. If it is added meanwhile, it comes back afterwards.
- A key that failed comes back after a back-off, which grows until `forget`.
"""

import asyncio
from collections.abc import Callable, Hashable
from typing import Generic, Protocol, TypeVar

K = TypeVar("K", bound=Hashable)


class Timer(Protocol):
    """What a call in the future gives back, such as asyncio's TimerHandle."""

    def cancel(self) -> None:
        """Have it not happen."""


class WorkQueue(Generic[K]):
    """Deduplicated keys, one worker a key at a time.

    `backoff` gives the seconds to wait after so many failures; `call_later` is the event loop's, or a test's.
    """

    def __init__(
        self, backoff: Callable[[int], float], call_later: Callable[[float, Callable[[], None]], Timer]
    ) -> None:
        self._backoff = backoff
        self._call_later = call_later
        self._queue: asyncio.Queue[K] = asyncio.Queue()
        self._dirty: set[K] = set()
        self._processing: set[K] = set()
        self._failures: dict[K, int] = {}
        self._timers: dict[K, Timer] = {}

    def __len__(self) -> int:
        """How many keys wait for a worker."""
        return self._queue.qsize()

    def add(self, key: K) -> None:
        """Have the key looked at as soon as a worker is free."""
        if key not in self._dirty:
            self._dirty.add(key)
            if key not in self._processing:
                self._queue.put_nowait(key)

    def add_after(self, key: K, seconds: float) -> None:
        """Have the key looked at later. A key has one such moment: the last call counts."""
        if timer := self._timers.pop(key, None):
            timer.cancel()
        self._timers[key] = self._call_later(seconds, lambda: self._due(key))

    def add_rate_limited(self, key: K, at_least: float = 0) -> float:
        """Have the key that failed once more looked at after its back-off, and return the seconds until then."""
        self._failures[key] = self._failures.get(key, 0) + 1
        seconds = max(at_least, self._backoff(self._failures[key]))
        self.add_after(key, seconds)
        return seconds

    def forget(self, key: K) -> None:
        """Start the key's back-off from the beginning: it succeeded, or it is gone."""
        self._failures.pop(key, None)

    async def get(self) -> K:
        """Wait for a key, which is being processed from then on. Every `get` needs its `done`."""
        key = await self._queue.get()
        self._dirty.discard(key)
        self._processing.add(key)
        return key

    def done(self, key: K) -> None:
        """End the processing of a key. If it was added meanwhile, it waits again."""
        self._processing.discard(key)
        if key in self._dirty:
            self._queue.put_nowait(key)

    def _due(self, key: K) -> None:
        del self._timers[key]
        self.add(key)
