"""What can happen to a request on its way and to its answer, in HTTP's terms. Plain values; `proxy` carries them out.

Nothing here knows what a fault means to Kubernetes: that is decided in `kinds`.
"""

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field


@dataclass(frozen=True)
class HttpRequest:
    """A request as it came: `target` is the path with its query, as on the request line."""

    method: str
    target: str
    body: bytes = b""


@dataclass(frozen=True)
class Delay:
    """It waits for so many seconds, and what comes after it waits too."""

    seconds: float


@dataclass(frozen=True)
class Answer:
    """The proxy answers, in the server's place; `reaches` says that the request got to the server all the same."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    reaches: bool = False


@dataclass(frozen=True)
class LoseReply:
    """The server has answered, and instead of the answer comes a connection reset."""


@dataclass(frozen=True)
class AskInstead:
    """The server is asked for `target`; if it refuses that, for what the client wanted."""

    target: str


@dataclass(frozen=True)
class Kill:
    """The client is killed by `victim(drop)`, which calls `drop` as soon as it is dead, for its connections to go too.

    `reaches`: after the server has answered.
    """

    victim: Callable[[Callable[[], None]], None]
    reaches: bool


@dataclass(frozen=True)
class Hold:
    """In a stream: nothing more passes before `until` is done."""

    until: Future[None]


@dataclass(frozen=True)
class Cut:
    """In a stream: this share of the line still passes (0 ≤ `share` < 1), then the connection is closed."""

    share: float


@dataclass(frozen=True)
class EndWith:
    """In a stream: `line` passes in place of the one that came, then the stream ends as it should."""

    line: bytes


OfRequest = Delay | Answer | LoseReply | AskInstead | Kill
OfLine = Delay | Hold | Cut | EndWith


@dataclass(frozen=True)
class Decision:
    """What becomes of one request: the effects in their order, and who wants to see the answer.

    `line` is asked for each line of the answer, by its number from 0; without it the answer isn't split.
    `head` is shown the first piece of a good answer.
    """

    effects: Sequence[OfRequest] = field(default=())
    line: Callable[[int], Sequence[OfLine]] | None = None
    head: Callable[[bytes], None] | None = None
