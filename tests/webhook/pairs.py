"""Certificates for tests, from one CA, and the ways in which people put them into a folder."""

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property
from pathlib import Path
from typing import TypeAlias

from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from icecream_operator.webhook import self_signed_ca
from icecream_operator.webhook.cert_watcher import CERTIFICATE, KEY, Pair


@dataclass(frozen=True)
class IssuedPair:
    """A pair, and its certificate's serial number."""

    pair: Pair
    serial: int


class Ca:
    """A CA that issues as many certificates as a test wants."""

    def __init__(self) -> None:
        self._authority = self_signed_ca.authority(generate_private_key(SECP256R1()), datetime.now(UTC))

    @cached_property
    def bundle(self) -> bytes:
        return self._authority.certificate.public_bytes(Encoding.PEM)

    def issue(
        self,
        names: Sequence[str] = self_signed_ca.NAMES,
        *,
        since: datetime | None = None,
        lifetime: timedelta = self_signed_ca.LIFETIME,
    ) -> IssuedPair:
        key = generate_private_key(SECP256R1())
        certificate = self_signed_ca.server_certificate(
            self._authority, key, since or datetime.now(UTC), names, lifetime
        )
        key_pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        return IssuedPair(Pair(certificate.public_bytes(Encoding.PEM), key_pem), certificate.serial_number)


Pause: TypeAlias = Callable[[], None]
"""Called while a pair is half replaced."""
Way: TypeAlias = Callable[[Path, Pair, Pause], None]
"""Replaces the pair in a folder."""


def by_rename(folder: Path, pair: Pair, pause: Pause) -> None:
    _rename(folder / CERTIFICATE, pair.certificate)
    pause()
    _rename(folder / KEY, pair.key)


def key_first(folder: Path, pair: Pair, pause: Pause) -> None:
    (folder / KEY).write_bytes(pair.key)
    pause()
    (folder / CERTIFICATE).write_bytes(pair.certificate)


def certificate_first(folder: Path, pair: Pair, pause: Pause) -> None:
    (folder / CERTIFICATE).write_bytes(pair.certificate)
    pause()
    (folder / KEY).write_bytes(pair.key)


def by_truncating_and_writing(folder: Path, pair: Pair, pause: Pause) -> None:
    for name, content in ((CERTIFICATE, pair.certificate), (KEY, pair.key)):
        with (folder / name).open("wb", buffering=0) as file:
            pause()
            file.write(content[: len(content) // 2])
            pause()
            file.write(content[len(content) // 2 :])


def with_garbage_between(folder: Path, pair: Pair, pause: Pause) -> None:
    for name in (CERTIFICATE, KEY):
        (folder / name).write_bytes(b"\0garbage\xff" * 50)
    pause()
    (folder / CERTIFICATE).write_bytes(pair.certificate)
    (folder / KEY).write_bytes(pair.key)


def by_symlink_swap(folder: Path, pair: Pair, pause: Pause) -> None:
    """As the kubelet does it with a Secret's mount: `tls.crt` -> `..data/tls.crt`, `..data` -> a folder."""
    data = folder / f"..{os.urandom(4).hex()}"
    data.mkdir()
    for name, content in ((CERTIFICATE, pair.certificate), (KEY, pair.key)):
        (data / name).write_bytes(content)
    draft = folder / "..data_tmp"
    draft.symlink_to(data.name)
    pause()
    draft.replace(folder / "..data")
    for name in (CERTIFICATE, KEY):
        if not (folder / name).is_symlink():
            (folder / name).unlink(missing_ok=True)
            (folder / name).symlink_to(f"..data/{name}")


WAYS: list[Way] = [
    by_rename,
    by_symlink_swap,
    by_truncating_and_writing,
    key_first,
    certificate_first,
    with_garbage_between,
]


def put(folder: Path, pair: Pair) -> None:
    """Put it there, somehow."""
    by_rename(folder, pair, lambda: None)


def _rename(path: Path, content: bytes) -> None:
    draft = path.with_name(f"{path.name}.new")
    draft.write_bytes(content)
    draft.replace(path)
