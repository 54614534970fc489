"""`workshop run pebble`: a test CA in the foreground."""

import datetime

import click
from josepy.b64 import b64decode

from workshop import pebble

_PERCENT = click.IntRange(0, 100)


@click.command("pebble")
@click.option("--validity", type=click.IntRange(1), default=90 * 24, show_default=True, help="Hours until expiry.")
@click.option("--bad-nonces", type=_PERCENT, default=0, show_default=True, help="Percentage of nonces refused.")
@click.option("--validation-delay", type=click.IntRange(0), default=0, show_default=True, help="At most, in seconds.")
@click.option("--always-valid", is_flag=True, help="Take every challenge for solved, without looking.")
@click.option("--authorization-reuse", type=_PERCENT, default=50, show_default=True, help="Percentage of reuse.")
@click.option("--blocklist", multiple=True, default=["blocked-domain.example"], help="A name it refuses; repeatable.")
@click.option("--eab", multiple=True, metavar="KID:KEY", help="An external account, its MAC key in base64url.")
@click.option("--alternate-roots", type=click.IntRange(0, 10), default=0, show_default=True)
@click.option("--retry-after", type=click.IntRange(0), default=0, show_default=True, help="In seconds; 0: not sent.")
@click.option("--strict/--lenient", default=True, show_default=True, help="As RFC 8555 will be enforced one day.")
def command(
    validity: int,
    bad_nonces: int,
    validation_delay: int,
    always_valid: bool,
    authorization_reuse: int,
    blocklist: tuple[str, ...],
    eab: tuple[str, ...],
    alternate_roots: int,
    retry_after: int,
    strict: bool,
) -> None:
    """A test CA with all the faults you ask for, until Ctrl-C."""
    options = pebble.Options(
        validity=datetime.timedelta(hours=validity),
        bad_nonces=bad_nonces,
        validation_delay=validation_delay,
        always_valid=always_valid,
        authorization_reuse=authorization_reuse,
        blocklist=blocklist,
        external_accounts=dict(map(_external_account, eab)),
        alternate_roots=alternate_roots,
        retry_after=retry_after,
        strict=strict,
    )
    try:
        with pebble.serve(options) as ca:
            click.echo(_summary(ca))
            ca.wait()
    except pebble.PebbleError as error:
        raise click.ClickException(str(error)) from error


def _external_account(text: str) -> tuple[str, bytes]:
    key_id, _, key = text.partition(":")
    try:
        mac_key = b64decode(key)
    except ValueError as error:
        raise click.UsageError(f"--eab {key_id}: the key isn't base64url") from error
    if not key_id or not mac_key:
        raise click.UsageError("--eab must be KID:KEY")
    return key_id, mac_key


def _summary(ca: pebble.Pebble) -> str:
    return f"""\
Directory        {ca.directory_url}
its HTTPS CA     {ca.ca_file}
root of issued   {ca.root_file}, new at each start
HTTP-01          it looks on port {ca.http_port} in place of 80; every name leads to 127.0.0.1
DNS-01           {ca.dns.url}
log              {ca.log()}

In another shell:
  workshop acme issue example.test --agree --directory {ca.directory_url} --ca-file {ca.ca_file} \\
    --http-port {ca.http_port} --dns {ca.dns.url}

Ctrl-C ends it; then it has forgotten everything."""
