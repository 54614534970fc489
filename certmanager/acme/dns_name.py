"""What a person writes where a DNS name is wanted: what exactly is wrong with it (RFC 1123 section 2.1)."""

import ipaddress
import re
from collections.abc import Iterator

_LONGEST_NAME = 253
_LONGEST_LABEL = 63
_NUMBER = re.compile(r"[0-9]+|0[xX][0-9A-Fa-f]*")
_LETTERS = re.compile(r"[A-Za-z0-9_-]*")


def what_is_wrong(name: str) -> str | None:
    """Why no certificate can be asked for `name`, as a clause about it; nothing if one can."""
    return next(_reasons(name), None)


def _reasons(name: str) -> Iterator[str]:
    if not name:
        yield "it is empty"
    if any(letter.isspace() for letter in name):
        yield "it has a blank in it"
    if not name.isascii():
        yield "a name with other letters than ASCII's is written in its ASCII form (xn--...)"
    if "://" in name or "/" in name:
        yield "it looks like a URL; give the host alone"
    if "@" in name:
        yield "it looks like an e-mail address; give the host alone"
    if name.startswith("[") or name.endswith("]"):
        yield "an address is written without brackets"
    yield from _reasons_of_address(name)
    if name.endswith("."):
        yield "it ends with a dot; leave that out"
    yield from _reasons_of_labels(name)


def _reasons_of_address(name: str) -> Iterator[str]:
    if "%" in name and _is_ip(name):
        yield "it has a zone, which only this machine knows; no CA can look there"
    host, colon, port = name.rpartition(":")
    if colon and port.isdigit() and ":" not in host and not _is_ip(name):
        yield "it ends with a port; give the host alone"
    if colon:
        yield "it looks like an IPv6 address and isn't one"
    if _NUMBER.fullmatch(name.removesuffix(".").rpartition(".")[2]):
        yield "it looks like an IPv4 address and isn't one, which has four numbers from 0 to 255 without leading zeros"


def _reasons_of_labels(name: str) -> Iterator[str]:
    labels = name.removeprefix("*.").split(".")
    for label in labels:
        if not label:
            yield "it has an empty label"
        if "*" in label:
            yield "a * may only be the whole first label, before others"
        if not _LETTERS.fullmatch(label):
            yield "a label has letters, digits, - and _ only"
        if label.startswith("-") or label.endswith("-"):
            yield "a label may not begin or end with a -"
        if len(label) > _LONGEST_LABEL:
            yield f"a label has at most {_LONGEST_LABEL} letters"
    if len(name) > _LONGEST_NAME:
        yield f"it has more than {_LONGEST_NAME} letters"


def _is_ip(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True
