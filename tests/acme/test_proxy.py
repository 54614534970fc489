"""Behind a proxy: never for loopback, and for any other CA unless NO_PROXY says otherwise."""

import ssl
from urllib.parse import urlsplit

import pytest

from certmanager.acme.errors import SolverError, UnreachableError
from tests.acme.conftest import Apply, Connect
from tests.acme.fake_ca import FakeCA
from tests.proxies import DEAD_PROXIES, DEAD_PROXY, connect_proxy, set_proxies
from workshop import pebble
from workshop.pebble.challtestsrv import ChallTestSrv


async def test_a_pebble_and_its_dns_are_reached_whatever_proxy_there_is(
    ca: pebble.Pebble, apply_at: Apply, monkeypatch: pytest.MonkeyPatch
) -> None:
    set_proxies(monkeypatch, **DEAD_PROXIES)
    applicant = await apply_at(ca)
    await applicant.issue("http.example.test")
    await applicant.issue_by_dns("*.dns.example.test")
    assert len(applicant.validated) > 0


async def test_any_other_ca_is_reached_through_the_proxy(
    fake_ca: FakeCA, trust: ssl.SSLContext, connect_to: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    trust.check_hostname = False
    async with connect_proxy(urlsplit(fake_ca.base).port) as proxy:
        set_proxies(monkeypatch, HTTPS_PROXY=proxy.url)
        fake_ca.base = "https://ca.invalid"
        async with connect_to(fake_ca) as client:
            await client.new_account(terms_agreed=True)
        assert set(proxy.asked) == {"ca.invalid:443"}


async def test_so_is_any_other_dns(monkeypatch: pytest.MonkeyPatch) -> None:
    async with connect_proxy(None) as proxy:
        set_proxies(monkeypatch, http_proxy=proxy.url)
        with pytest.raises(SolverError, match="HTTP status 502"):
            await ChallTestSrv("http://dns.invalid:8055").set_servfail("example.test")
        assert proxy.asked == ["POST http://dns.invalid:8055/set-servfail"]


async def test_no_proxy_is_respected(connect_to: Connect, monkeypatch: pytest.MonkeyPatch) -> None:
    ca = FakeCA()
    ca.base = "https://ca.invalid:14000"
    async with connect_proxy(None) as proxy:
        set_proxies(monkeypatch, HTTPS_PROXY=proxy.url, NO_PROXY="ca.invalid:14000")
        with pytest.raises(UnreachableError, match=r"^GET https://ca.invalid:14000/directory: "):
            async with connect_to(ca):
                pass
        assert proxy.asked == []


async def test_a_proxy_that_leads_nowhere_is_named(connect_to: Connect, monkeypatch: pytest.MonkeyPatch) -> None:
    ca = FakeCA()
    ca.base = "https://ca.invalid"
    set_proxies(monkeypatch, HTTPS_PROXY=DEAD_PROXY)
    with pytest.raises(UnreachableError, match=f"^GET https://ca.invalid/directory through the proxy {DEAD_PROXY}: "):
        async with connect_to(ca):
            pass


@pytest.mark.parametrize("proxy", ["socks5://127.0.0.1:9", "ftp://127.0.0.1:9", "http://[half", "127.0.0.1:99999"])
async def test_a_proxy_that_no_client_can_use_is_named(
    connect_to: Connect, monkeypatch: pytest.MonkeyPatch, proxy: str
) -> None:
    ca = FakeCA()
    ca.base = "https://ca.invalid"
    set_proxies(monkeypatch, ALL_PROXY=proxy)
    with pytest.raises(UnreachableError, match=r"^GET https://ca.invalid/directory through the proxy "):
        async with connect_to(ca):
            pass
