import datetime
import ssl
import tempfile
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from aiohttp import ClientError, web
from aiohttp.test_utils import TestServer
from kubernetes.aio.client import VersionApi

from reconciling.connection import Connection, CredentialsError, find_kubeconfig
from tests.proxies import DEAD_PROXIES, connect_proxy, set_proxies
from workshop.controlplane import certificates, kubeconfig

NAMED = {"tls-server-name": "icecream.example"}


@pytest.mark.parametrize(
    ("flag", "variable", "in_cluster", "expected"),
    [
        ("flag", "variable", True, "flag"),
        (None, "variable", True, "variable"),
        (None, "variable", False, "variable"),
        (None, "", True, None),
    ],
)
def test_what_the_user_says_comes_first_and_the_pods_account_last(
    flag: str | None, variable: str, in_cluster: bool, expected: str | None
) -> None:
    assert find_kubeconfig(flag, {"KUBECONFIG": variable}, in_cluster) == expected


def test_without_any_it_says_how_to_give_one() -> None:
    with pytest.raises(CredentialsError, match="--kubeconfig"):
        find_kubeconfig(None, {"HOME": "/home/student"}, in_cluster=False)


async def test_a_kubeconfig_that_is_not_there_is_named() -> None:
    with pytest.raises(CredentialsError, match="There is no kubeconfig /nowhere"):
        await Connection("/nowhere").login()


@dataclass(frozen=True)
class ApiServer:
    """An HTTPS server whose certificate is for another name than its address."""

    port: int | None
    ca: Path
    client: certificates.KeyPair

    def kubeconfig(self, folder: Path, server: str = "", **cluster: str) -> str:
        config = kubeconfig.with_certificate(server or f"https://127.0.0.1:{self.port}", self.ca, self.client)
        config["clusters"][0]["cluster"] |= cluster
        kubeconfig.write(folder / "kubeconfig", config)
        return str(folder / "kubeconfig")


@pytest.fixture
async def api_server(tmp_path: Path) -> AsyncIterator[ApiServer]:
    now = datetime.datetime.now(datetime.UTC)
    ca = certificates.authority(tmp_path, now)
    pair = certificates.serving(ca, "serving", ["icecream.example"], now)
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(pair.cert, pair.key)

    async def version(_: web.Request) -> web.Response:
        return web.json_response({})

    application = web.Application()
    application.router.add_get("/version/", version)
    server = TestServer(application, scheme="https", host="127.0.0.1")
    await server.start_server(ssl=context)
    yield ApiServer(server.port, ca.pair.cert, certificates.client(ca, "client", "ada", [], now))
    await server.close()


async def ask(kubeconfig: str) -> None:
    """Ask the API server once as kopf does, and once as we do."""
    async with Connection(kubeconfig) as connection:
        session = await connection.login()
        assert session.aiohttp_session
        async with session.aiohttp_session.get(f"{session.server}/version/") as response:
            assert response.status == 200
        await VersionApi(connection.api).get_code_without_preload_content()


async def test_both_kopf_and_we_expect_the_tls_server_name(tmp_path: Path, api_server: ApiServer) -> None:
    await ask(api_server.kubeconfig(tmp_path, **NAMED))


async def test_an_api_server_on_loopback_is_reached_whatever_proxy_there_is(
    tmp_path: Path, api_server: ApiServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    set_proxies(monkeypatch, **DEAD_PROXIES)
    await ask(api_server.kubeconfig(tmp_path, **NAMED))


@pytest.mark.parametrize("variable", ["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"])
async def test_any_other_is_reached_through_the_proxy_and_its_password(
    tmp_path: Path, api_server: ApiServer, monkeypatch: pytest.MonkeyPatch, variable: str
) -> None:
    async with connect_proxy(api_server.port) as proxy:
        set_proxies(monkeypatch, **{variable: proxy.url.replace("//", "//ada:secret@")})
        await ask(api_server.kubeconfig(tmp_path, "https://icecream.example"))
        assert set(proxy.asked) == {"icecream.example:443"}
        assert set(proxy.authorizations) == {"Basic YWRhOnNlY3JldA=="}


@pytest.mark.parametrize("rule", ["icecream.invalid", ".invalid:6443", "*"])
async def test_no_proxy_is_respected(
    tmp_path: Path, api_server: ApiServer, monkeypatch: pytest.MonkeyPatch, rule: str
) -> None:
    async with connect_proxy(api_server.port) as proxy:
        set_proxies(monkeypatch, HTTPS_PROXY=proxy.url, NO_PROXY=rule)
        with pytest.raises(ClientError, match=r"icecream\.invalid"):
            await ask(api_server.kubeconfig(tmp_path, "https://icecream.invalid:6443"))
        assert proxy.asked == []


async def test_the_kubeconfigs_own_proxy_comes_first_and_for_loopback_too(
    tmp_path: Path, api_server: ApiServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    set_proxies(monkeypatch, **DEAD_PROXIES)
    async with connect_proxy(api_server.port) as proxy:
        await ask(api_server.kubeconfig(tmp_path, **NAMED, **{"proxy-url": proxy.url}))
        assert set(proxy.asked) == {f"127.0.0.1:{api_server.port}"}


async def test_kopf_may_close_its_session_in_the_middle_of_our_requests(tmp_path: Path, api_server: ApiServer) -> None:
    async with Connection(api_server.kubeconfig(tmp_path, **NAMED)) as connection:
        session = await connection.login()
        assert session.aiohttp_session
        await session.aiohttp_session.close()  # as kopf does where the credentials are refused
        await VersionApi(connection.api).get_code_without_preload_content()


async def test_the_new_session_is_there_before_the_old_one_is_closed(
    tmp_path: Path, api_server: ApiServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with Connection(api_server.kubeconfig(tmp_path)) as connection:
        await connection.login()
        before = connection.api
        close, closed = before.close, []

        async def look() -> None:
            closed.append(connection.api is not before)
            await close()  # type: ignore[no-untyped-call]

        monkeypatch.setattr(before, "close", look)
        await connection.login()
        assert closed == [True]


async def test_certificates_and_keys_are_left_in_no_temporary_file(
    tmp_path: Path, api_server: ApiServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    async with Connection(api_server.kubeconfig(tmp_path)) as connection:
        for _ in ("at first", "again, as kopf does where the credentials are refused"):
            await connection.login()
            assert list(folder.iterdir()) == []
