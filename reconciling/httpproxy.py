"""Which proxy a request goes through, by the environment: the rule of Go's httpproxy, and so of kubectl.

Loopback never has one, and NO_PROXY holds names, addresses, networks and ports. Python's clients differ in all of that,
so ours ask here; `exempt_loopback` is for those that aren't ours. Source: golang.org/x/net/http/httpproxy.
"""

import os
from collections.abc import Mapping
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from urllib.parse import urlsplit
from urllib.request import getproxies_environment

_PORTS = {"http": 80, "https": 443}
_LOOPBACK = ("localhost", "127.0.0.1", "127.0.0.0/8", "::1")  # some clients know no networks


def proxy_for_url(url: str, proxies: Mapping[str, str] | None = None) -> str | None:
    """Return the URL of the proxy for a request to `url`; None: it goes there directly.

    `proxies` are the variables by their first halves, as urllib has them: `https`, `http`, `all`, `no`. Without, they
    are the environment's, where a name in lower case comes first.
    """
    variables = getproxies_environment() if proxies is None else proxies
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port or _PORTS.get(parts.scheme)
    except ValueError:  # the client says what is wrong with it
        return None
    proxy = variables.get(parts.scheme) or variables.get("all")
    if not proxy or _is_loopback(host) or any(_matches(rule, host, port) for rule in _rules(variables)):
        return None
    return proxy if "://" in proxy else f"http://{proxy}"


def through(proxy: str | None) -> str:
    """Return ` through the proxy http://…`, for messages; empty without one. Its password isn't shown."""
    if proxy is None:
        return ""
    scheme, _, rest = proxy.partition("://")
    return f" through the proxy {scheme}://{rest.rpartition('@')[2]}"


def exempt_loopback() -> None:
    """Have no client in this process, and in those that it starts, use the environment's proxy for loopback."""
    variables = getproxies_environment()
    if variables.keys() - {"no"}:
        rules = _rules(variables)
        no_proxy = "*" if "*" in rules else ",".join(dict.fromkeys([*rules, *_LOOPBACK]))
        os.environ.update(NO_PROXY=no_proxy, no_proxy=no_proxy)


def _rules(variables: Mapping[str, str]) -> list[str]:
    return [rule for entry in variables.get("no", "").split(",") if (rule := entry.strip())]


def _is_loopback(host: str) -> bool:
    address = _address(host)
    return host == "localhost" if address is None else address.is_loopback


def _matches(rule: str, host: str, port: int | None) -> bool:
    """Whether a rule of NO_PROXY is about this host: `*`, a network, an address, `name` with all below it, `.name`."""
    if rule == "*":
        return True
    address = _address(host)
    try:
        if "/" in rule or _address(rule):
            return address is not None and address in ip_network(rule, strict=False)
        parts = urlsplit(f"//{rule}")
        if parts.port not in (None, port):
            return False
    except ValueError:  # nobody knows what it means, so it is about no host
        return False
    name = (parts.hostname or "").removeprefix("*")
    if address is not None:
        return address == _address(name)
    return host.endswith(name) if name.startswith(".") else host == name or host.endswith(f".{name}")


def _address(host: str) -> IPv4Address | IPv6Address | None:
    try:
        address = ip_address(host)
    except ValueError:
        return None
    return getattr(address, "ipv4_mapped", None) or address
