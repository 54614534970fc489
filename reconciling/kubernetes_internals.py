"""What the kubernetes client keeps to itself, and we use all the same: nobody else here names its private parts.

Each has a test that fails when a new client has no such part, or does something else with it.
"""

from aiohttp import ClientSession
from kubernetes.aio.client import ApiClient
from kubernetes.aio.config import kube_config


def remove_temporary_files() -> None:
    """Remove the files into which the client has written the certificates and keys of kubeconfigs.

    An ApiClient reads them when it is made. The client itself removes them at exit, and so not after SIGKILL.
    """
    kube_config._cleanup_temp_files()  # type: ignore[no-untyped-call]


def open_session(api: ApiClient) -> ClientSession:
    """Open the session of a client now, and not at its first request, so that others can use it too."""
    rest = api.rest_client
    rest.pool_manager = rest._create_pool_manager()
    return rest.pool_manager
