"""The URLs that a client may ask: https and nothing else (RFC 8555 section 6.1), such that a request is possible."""

import re
from urllib.parse import SplitResult, urljoin, urlsplit

_VISIBLE = re.compile(r"[!-~]+")
_LONGEST_HOST = 253
_LONGEST_LABEL = 63


def is_https_url(text: str) -> bool:
    """Whether `text` is an absolute https URL that can be requested as it stands."""
    return what_is_wrong(text) is None


def what_is_wrong(text: str) -> str | None:
    """Why `text` can't be requested as it stands, as the end of a sentence about it; nothing if it can."""
    if not _VISIBLE.fullmatch(text):
        return "it is empty" if not text else "it has a blank, a control character or a letter beyond ASCII in it"
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError as error:
        return f"it is no URL: {error}"
    if parts.scheme != "https":
        return "it isn't https"
    return "its port is 0" if port == 0 else _wrong_with_host(parts)


def resolve(base: str, reference: str) -> str:
    """`reference` as an absolute URL; it may be relative to `base`, the URL that was asked (RFC 3986 section 5.2)."""
    try:
        return reference if urlsplit(reference).scheme else urljoin(base, reference)
    except ValueError:  # it is no URL at all; whoever checks it says so
        return reference


def _wrong_with_host(parts: SplitResult) -> str | None:
    host = parts.hostname or ""
    if not host:
        return "it has no host"
    if "[" in parts.netloc:
        return None
    if len(host) > _LONGEST_HOST:
        return f"its host has more than {_LONGEST_HOST} letters"
    labels = host.removesuffix(".").split(".")
    if not all(labels):
        return "its host has an empty label"
    if max(map(len, labels)) > _LONGEST_LABEL:
        return f"its host has a label of more than {_LONGEST_LABEL} letters"
    return "it names a user" if "@" in parts.netloc else None
