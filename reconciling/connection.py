"""One pool of connections to the API server, for kopf's reads and for our writes.

The kubernetes client reads the credentials (kubeconfig with certificates, tokens or exec plugins, or the service
account of a pod, whose token it reads again when it is renewed) and makes our writes; kopf gets a session on the
same connections. So there is one pool, one set of credentials, and one place that attaches them.
"""

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import kopf
import yaml
from aiohttp import ClientHandlerType, ClientMiddlewareType, ClientRequest, ClientResponse, ClientSession
from kubernetes.aio import client, config

from reconciling.httpproxy import proxy_for_url
from reconciling.kubernetes_internals import open_session, remove_temporary_files

NOT_A_KUBECONFIG = (TypeError, ValueError, KeyError, AttributeError)  # how the kubernetes client says so
SERVICE_ACCOUNT_TOKEN = Path("/var/run/secrets/kubernetes.io/serviceaccount/token")


class CredentialsError(Exception):
    """There are no credentials, or they can't be read. The message says where they were looked for."""


def find_kubeconfig(flag: str | None, environ: Mapping[str, str], in_cluster: bool) -> str | None:
    """Return the kubeconfig to use: the flag's, else the variable KUBECONFIG's; None is the pod's service account.

    What a user says comes first, so an operator that runs in one cluster can be pointed at another. ~/.kube/config is
    never taken: it may well be production.

    Raises:
        CredentialsError: nobody says which.
    """
    path = flag or environ.get("KUBECONFIG")
    if not path and not in_cluster:
        raise CredentialsError("Which cluster? Give --kubeconfig FILE or set the variable KUBECONFIG.")
    return path or None


class Connection:
    """The way to one API server. `login` comes first; kopf calls it again when the credentials are refused."""

    def __init__(self, kubeconfig: str | None, middlewares: Sequence[ClientMiddlewareType] = ()) -> None:
        self._kubeconfig = kubeconfig
        self._middlewares = middlewares
        self._client: client.ApiClient | None = None
        self._kopfs_session: ClientSession | None = None

    @classmethod
    def find(cls, flag: str | None, middlewares: Sequence[ClientMiddlewareType] = ()) -> "Connection":
        """Choose by `find_kubeconfig`.

        Raises:
            CredentialsError: nobody says which cluster.
        """
        return cls(find_kubeconfig(flag, os.environ, SERVICE_ACCOUNT_TOKEN.exists()), middlewares)

    @property
    def api(self) -> client.ApiClient:
        """The client of the last login, for the kubernetes client's API classes."""
        assert self._client is not None, "login comes first"
        return self._client

    async def login(self) -> kopf.AiohttpSession:
        """Read the credentials and return the session for kopf.

        Raises:
            CredentialsError: they can't be read.
        """
        configuration, before = await self._configuration(), (self._client, self._kopfs_session)
        options: dict[str, Any] = {
            "middlewares": (_authenticate(configuration), *self._middlewares),
            "proxy": configuration.proxy,
            "trust_env": False,  # aiohttp would use the environment's proxy for loopback too
        }
        configuration.client_session_kwargs = options
        self._client = client.ApiClient(configuration)
        remove_temporary_files()
        connector = open_session(self._client).connector
        # kopf closes its session as soon as the credentials are refused, in the middle of our requests.
        self._kopfs_session = ClientSession(connector=connector, connector_owner=False, **options)
        await _close(*before)  # only now, so that whoever asks meanwhile finds an open session
        return kopf.AiohttpSession(server=configuration.host, aiohttp_session=self._kopfs_session)

    async def __aenter__(self) -> "Connection":
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def close(self) -> None:
        """Close both sessions, and with them the connections."""
        await _close(self._client, self._kopfs_session)
        self._client = self._kopfs_session = None

    async def _configuration(self) -> client.Configuration:
        configuration = client.Configuration()
        if self._kubeconfig and not any(Path(path).is_file() for path in self._kubeconfig.split(os.pathsep)):
            raise CredentialsError(f"There is no kubeconfig {self._kubeconfig}.")
        try:
            if self._kubeconfig is None:
                config.load_incluster_config(configuration)  # type: ignore[no-untyped-call]
            else:
                await config.load_kube_config(  # type: ignore[no-untyped-call]
                    self._kubeconfig, client_configuration=configuration
                )
        except (config.ConfigException, yaml.YAMLError, OSError, *NOT_A_KUBECONFIG) as error:
            source = self._kubeconfig or "the pod's service account"
            raise CredentialsError(f"The credentials of {source} can't be used: {error}") from error
        configuration.proxy = configuration.proxy or proxy_for_url(configuration.host)
        return configuration


async def _close(api: client.ApiClient | None, session: ClientSession | None) -> None:
    if session:
        await session.close()
    if api:
        await api.close()  # type: ignore[no-untyped-call]


def _authenticate(configuration: client.Configuration) -> ClientMiddlewareType:
    """Give kopf's requests the token and the kubeconfig's tls-server-name, as the kubernetes client does its own."""

    async def middleware(request: ClientRequest, handler: ClientHandlerType) -> ClientResponse:
        if "Authorization" not in request.headers and (
            token := await configuration.get_api_key_with_prefix("BearerToken")
        ):
            request.headers["Authorization"] = token
        request.server_hostname = configuration.tls_server_name
        return await handler(request)

    return middleware
