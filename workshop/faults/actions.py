"""What the proxy can do to a request and to its response, in HTTP's terms. Plain values; `proxy` and `relay` act.

Nothing here knows what a fault means to Kubernetes: that is decided in `kinds`.
"""

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass


@dataclass(frozen=True)
class HttpRequest:
    """A request as it came: `target` is the path with its query, as on the request line."""

    method: str
    target: str
    body: bytes = b""


@dataclass(frozen=True)
class Delay:
    """Wait for so many seconds; what comes after it waits too."""

    seconds: float


@dataclass(frozen=True)
class Respond:
    """Respond in the upstream's place; `forwarded` says that the request gets there all the same."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    forwarded: bool = False


@dataclass(frozen=True)
class LoseReply:
    """Let the upstream respond, and reset the connection in place of its response."""


@dataclass(frozen=True)
class RewriteTarget:
    """Ask the upstream for `target`; if it refuses that, for what the client wanted."""

    target: str


@dataclass(frozen=True)
class KillClient:
    """Kill the client by `kill(drop)`, which calls `drop` as soon as it is dead, for its connections to go too.

    `forwarded`: after the upstream has responded.
    """

    kill: Callable[[Callable[[], None]], None]
    forwarded: bool


@dataclass(frozen=True)
class Hold:
    """In a stream: let nothing more pass before `passes` is done; if that is False, close the connection then."""

    passes: Future[bool]


@dataclass(frozen=True)
class Cut:
    """In a stream: let this share of the line pass (0 ≤ `share` < 1), then close the connection."""

    share: float


@dataclass(frozen=True)
class EndWith:
    """In a stream: pass `line` in place of the one that came, then end the stream as the upstream would."""

    line: bytes


RequestAction = Delay | Respond | LoseReply | RewriteTarget | KillClient
LineAction = Delay | Hold | Cut | EndWith


@dataclass(frozen=True)
class Decision:
    """What becomes of one request: the actions in their order, and who wants to see the response.

    `on_line` is asked for each line of the response, by its number from 0; without it the response isn't split.
    `on_body` is shown the body of a good response.
    """

    actions: Sequence[RequestAction]
    on_line: Callable[[int, bytes], Sequence[LineAction]] | None = None
    on_body: Callable[[bytes], None] | None = None
