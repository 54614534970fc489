"""Anti-replay nonces: each signed request spends one, each reply brings one (RFC 8555 section 6.5)."""

import re

_BASE64URL = re.compile(r"[A-Za-z0-9_-]+")


class NoncePool:
    """The nonces that replies brought and that no request has spent yet, the freshest first."""

    def __init__(self) -> None:
        self._fresh: list[str] = []

    def put(self, value: str | None) -> None:
        """Keep what a Replay-Nonce header held; what isn't base64url is ignored (section 6.5.1)."""
        if value is not None and _BASE64URL.fullmatch(value):
            self._fresh.append(value)

    def take(self) -> str | None:
        """A nonce that nobody else gets, or none: then newNonce has to be asked (section 7.2)."""
        return self._fresh.pop() if self._fresh else None
