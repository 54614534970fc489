"""The expected values are those of Go's golang.org/x/net/http/httpproxy, but for ALL_PROXY, which it doesn't know."""

import os

import pytest

from reconciling.httpproxy import exempt_loopback, proxy_for_url, through

PROXY = "http://proxy.example:3128"
ALL = {"http": PROXY, "https": PROXY, "all": PROXY}


@pytest.fixture(autouse=True)
def no_variables(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.lower().endswith("_proxy")]:
        monkeypatch.delenv(name)


@pytest.mark.parametrize(
    "host", ["localhost:6443", "LOCALHOST", "127.0.0.1:6443", "127.8.9.10", "[::1]:6443", "[::ffff:127.0.0.1]"]
)
@pytest.mark.parametrize("scheme", ["http", "https"])
def test_loopback_has_no_proxy(scheme: str, host: str) -> None:
    assert proxy_for_url(f"{scheme}://{host}/dir", ALL) is None


@pytest.mark.parametrize("host", ["ca.example", "10.0.0.1:6443", "localhost.ca", "a.localhost", "[2001:db8::1]:80"])
def test_any_other_host_has_the_proxy(host: str) -> None:
    assert proxy_for_url(f"https://{host}/dir", ALL) == PROXY


@pytest.mark.parametrize(
    ("rules", "there", "elsewhere"),
    [
        ("*", ["a.example", "10.0.0.1"], []),
        ("a.example", ["a.example", "b.a.example", "A.EXAMPLE:8443"], ["ba.example", "example"]),
        (".a.example", ["b.a.example"], ["a.example"]),
        ("*.a.example", ["b.a.example"], ["a.example"]),
        ("A.example:8443", ["a.example:8443", "b.a.example:8443"], ["a.example", "a.example:443"]),
        ("a.example:443", ["a.example"], ["a.example:8443"]),
        ("10.0.0.0/8", ["10.1.2.3:6443"], ["11.0.0.1", "10.example", "[2001:db8::1]"]),
        ("10.0.0.1", ["10.0.0.1", "10.0.0.1:6443"], ["10.0.0.11", "10.0.0.1.example"]),
        ("10.0.0.1:6443", ["10.0.0.1:6443"], ["10.0.0.1"]),
        ("2001:db8::/32", ["[2001:db8::7]:6443"], ["[2001:db9::7]", "10.0.0.1"]),
        ("2001:db8::1", ["[2001:db8:0::1]"], ["[2001:db8::2]"]),
        ("[2001:db8::1]:443", ["[2001:db8::1]"], ["[2001:db8::1]:6443"]),
        (" a.example , ,b.example", ["a.example", "b.example"], ["c.example"]),
        ("a.example:port,10.0.0.0/99,:443,[,c.example", ["c.example"], ["a.example", "10.0.0.1", "b.example"]),
        ("", [], ["a.example"]),
    ],
)
def test_no_proxy_has_rules_of_its_own(rules: str, there: list[str], elsewhere: list[str]) -> None:
    def proxies(hosts: list[str]) -> list[str | None]:
        return [proxy_for_url(f"https://{host}/", {**ALL, "no": rules}) for host in hosts]

    assert proxies(there) == [None] * len(there)
    assert proxies(elsewhere) == [PROXY] * len(elsewhere)


@pytest.mark.parametrize(
    ("variables", "expected"),
    [
        ({"HTTPS_PROXY": PROXY}, PROXY),
        ({"https_proxy": PROXY}, PROXY),
        ({"HTTPS_PROXY": "http://upper", "https_proxy": "http://lower"}, "http://lower"),
        ({"ALL_PROXY": PROXY}, PROXY),
        ({"all_proxy": "socks5://other:1080", "HTTPS_PROXY": PROXY}, PROXY),
        ({"HTTP_PROXY": PROXY}, None),
        ({"HTTPS_PROXY": "proxy.example:3128"}, PROXY),
        ({"HTTPS_PROXY": PROXY, "NO_PROXY": "ca.example"}, None),
        ({"HTTPS_PROXY": PROXY, "no_proxy": "ca.example"}, None),
        ({}, None),
    ],
)
def test_the_variables_are_the_environments(
    variables: dict[str, str], expected: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert proxy_for_url("https://ca.example/dir") == expected


@pytest.mark.parametrize("url", ["https://ca.example:99999/dir", "https://[ca.example/dir"])
def test_what_is_wrong_with_a_url_is_for_the_client_to_say(url: str) -> None:
    assert proxy_for_url(url, ALL) is None


def test_messages_name_the_proxy_without_its_password() -> None:
    assert through("http://ada:secret@proxy.example:3128") == " through the proxy http://proxy.example:3128"
    assert through("http://[half:3128") == " through the proxy http://[half:3128"
    assert through(None) == ""


@pytest.mark.parametrize(
    ("variables", "expected"),
    [
        ({"https_proxy": PROXY}, "localhost,127.0.0.1,127.0.0.0/8,::1"),
        ({"ALL_PROXY": PROXY, "NO_PROXY": "a.example, ::1"}, "a.example,::1,localhost,127.0.0.1,127.0.0.0/8"),
        ({"HTTPS_PROXY": PROXY, "NO_PROXY": "*"}, "*"),
    ],
)
def test_clients_that_are_not_ours_are_told_by_no_proxy(
    variables: dict[str, str], expected: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "environ", dict(variables))
    for _ in ("a process", "and another one, that it starts"):
        exempt_loopback()
        assert os.environ == {**variables, "NO_PROXY": expected, "no_proxy": expected}


def test_without_a_proxy_nothing_is_said_of_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "environ", {"NO_PROXY": "a.example"})
    exempt_loopback()
    assert os.environ == {"NO_PROXY": "a.example"}
