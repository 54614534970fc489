"""`workshop acme issue --eab-kid --eab-hmac-key` at a CA that knows its customers (RFC 8555 section 7.3.4)."""

from base64 import urlsafe_b64encode
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from workshop import pebble
from workshop.cli import acme

MAC_KEY = bytes(range(200, 232))
PADDED = urlsafe_b64encode(MAC_KEY).decode()
AS_THE_RFC_HAS_IT = PADDED.rstrip("=")
OTHER_KEY = urlsafe_b64encode(bytes(32)).decode().rstrip("=")
LONGEST_LINE = 300


@pytest.fixture(scope="module")
def ca() -> Iterator[pebble.Pebble]:
    with pebble.serve(pebble.Options(external_accounts={"kid-1": MAC_KEY})) as running:
        yield running


def issue(ca: pebble.Pebble, folder: Path, *arguments: str) -> Result:
    where = ["--directory", ca.directory_url, "--ca-file", str(ca.ca_file), "--http-port", str(ca.http_port), "--agree"]
    return CliRunner().invoke(acme.command, ["issue", "a.test", *where, "--out", str(folder), *arguments])


def test_a_customer_gets_a_certificate_and_the_key_is_shown_nowhere(ca: pebble.Pebble, tmp_path: Path) -> None:
    result = issue(ca, tmp_path, "--eab-kid", "kid-1", "--eab-hmac-key", AS_THE_RFC_HAS_IT, "--wire")
    assert (result.exit_code, result.stderr) == (0, "")
    assert "externalAccountBinding" in result.output
    assert AS_THE_RFC_HAS_IT not in result.output
    assert (tmp_path / "tls.crt").exists()


def test_a_key_with_padding_is_taken_with_a_warning(ca: pebble.Pebble, tmp_path: Path) -> None:
    assert PADDED.endswith("=")
    result = issue(ca, tmp_path, "--eab-kid", "kid-1", "--eab-hmac-key", PADDED)
    assert result.exit_code == 0
    assert result.stderr.startswith("Warning: The MAC key of the external account has padding (=)")


@pytest.mark.parametrize(
    ("options", "code", "says"),
    [
        ([], 1, "externalAccountRequired"),
        (["--eab-kid", "kid-1"], 2, "needs both --eab-kid and --eab-hmac-key"),
        (["--eab-hmac-key", AS_THE_RFC_HAS_IT], 2, "needs both --eab-kid and --eab-hmac-key"),
        (["--eab-kid", "", "--eab-hmac-key", AS_THE_RFC_HAS_IT], 2, "needs both --eab-kid and --eab-hmac-key"),
        (["--eab-kid", "nobody", "--eab-hmac-key", AS_THE_RFC_HAS_IT], 1, "a key that is not known"),
        (["--eab-kid", "kid-1", "--eab-hmac-key", OTHER_KEY], 1, "binding JWS verification error"),
        (["--eab-kid", "kid-1", "--eab-hmac-key", ""], 1, "the MAC key of the external account is empty"),
        (["--eab-kid", "kid-1", "--eab-hmac-key", "=="], 1, "the MAC key of the external account is empty"),
        (["--eab-kid", "kid-1", "--eab-hmac-key", "a+b/"], 1, "isn't base64url"),
        (["--eab-kid", "kid-1", "--eab-hmac-key", f" {AS_THE_RFC_HAS_IT}"], 1, "isn't base64url"),
        (["--eab-kid", "kid-1", "--eab-hmac-key", AS_THE_RFC_HAS_IT[:-2]], 1, "isn't base64url"),
        (["--eab-kid", "kid-1", "--eab-hmac-key", "schlüssel"], 1, "isn't base64url"),
    ],
    ids=str,
)
def test_a_mistake_is_told_and_nobody_is_registered(
    ca: pebble.Pebble, tmp_path: Path, options: list[str], code: int, says: str
) -> None:
    result = issue(ca, tmp_path, *options)
    assert result.exit_code == code
    assert says in result.stderr
    assert all(len(line) <= LONGEST_LINE for line in result.stderr.splitlines())
    assert "New order" not in result.output
    assert AS_THE_RFC_HAS_IT not in result.output
