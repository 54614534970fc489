"""challtestsrv, the DNS that Pebble asks: every name leads to 127.0.0.1 unless set otherwise."""

from http import HTTPStatus

import aiohttp

from certmanager.acme.challenge import Proof
from certmanager.acme.errors import SolverError
from reconciling.httpproxy import proxy_for_url

_TIMEOUT = aiohttp.ClientTimeout(total=30)


class ChallTestSrv:
    """The management interface at `url`. It is a Solver too: it shows proofs of DNS-01."""

    def __init__(self, url: str) -> None:
        self.url = url

    async def present(self, proof: Proof) -> None:
        """Add the proof's TXT record."""
        await self._post("set-txt", host=f"{proof.dns_name}.", value=proof.dns_value)

    async def clean_up(self, proof: Proof) -> None:
        """Remove all TXT records of that name."""
        await self._post("clear-txt", host=f"{proof.dns_name}.")

    async def set_address(self, name: str, *addresses: str) -> None:
        """Let a name lead to other IPv4 addresses."""
        await self._post("add-a", host=f"{name}.", addresses=addresses)

    async def set_servfail(self, name: str) -> None:
        """Answer every question for a name with SERVFAIL."""
        await self._post("set-servfail", host=f"{name}.")

    async def _post(self, command: str, **arguments: object) -> None:
        """Ask for a change.

        Raises:
            SolverError: nobody is there, or it is no challtestsrv.
        """
        url = f"{self.url}/{command}"
        try:
            async with (
                aiohttp.ClientSession(timeout=_TIMEOUT, proxy=proxy_for_url(url)) as session,
                session.post(url, json=arguments) as reply,
            ):
                status = reply.status
        except (aiohttp.ClientError, TimeoutError, OSError, ValueError) as error:
            reason = " ".join(str(error).split()) or type(error).__name__
            raise SolverError(f"no challtestsrv answers at {url!r:.80}: {reason}") from error
        if status != HTTPStatus.OK:
            raise SolverError(f"no challtestsrv answers at {url!r:.80}: HTTP status {status}")
