"""What the kubernetes client does with its private parts that we use. Red: look at what the new client does instead."""

import base64
import json
import tempfile
from pathlib import Path

import pytest
from kubernetes.aio import config
from kubernetes.aio.client import ApiClient, Configuration, VersionApi

from reconciling.kubernetes_internals import open_session, remove_temporary_files


@pytest.fixture
def kubeconfig(tmp_path: Path) -> str:
    """One with a certificate in it, as kubectl and the clouds write them."""
    cluster = {"server": "https://127.0.0.1:1", "certificate-authority-data": base64.b64encode(b"a CA").decode()}
    path = tmp_path / "kubeconfig"
    path.write_text(
        json.dumps(
            {
                "current-context": "a",
                "contexts": [{"name": "a", "context": {"cluster": "a", "user": "a"}}],
                "clusters": [{"name": "a", "cluster": cluster}],
                "users": [{"name": "a", "user": {"token": "secret"}}],
            }
        )
    )
    return str(path)


async def test_what_the_client_has_written_of_a_kubeconfig_is_removed(
    kubeconfig: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    for _ in ("at first", "again"):
        await config.load_kube_config(kubeconfig, client_configuration=Configuration())  # type: ignore[no-untyped-call]
        assert [file.read_text() for file in folder.iterdir()] == ["a CA"]
        remove_temporary_files()
        assert list(folder.iterdir()) == []


async def test_the_session_is_open_and_the_clients_own_requests_go_through_it() -> None:
    api = ApiClient(Configuration(host="http://127.0.0.1:1"))
    session = open_session(api)
    assert not session.closed
    await session.close()
    with pytest.raises(RuntimeError, match="Session is closed"):
        await VersionApi(api).get_code()
    await api.close()  # type: ignore[no-untyped-call]
