"""A control plane of a process' own can be reached by every client of that process, whatever proxy there is."""

import os
import subprocess
import sys
from pathlib import Path

from tests.proxies import DEAD_PROXIES
from workshop.workspace.cluster import CHECKOUT

NOTEBOOK = """
from kubernetes import client, config
from workshop.testing.control_plane import running_control_plane

with running_control_plane() as cluster, config.new_client_from_config(str(cluster.kubeconfig)) as api:
    print(client.VersionApi(api).get_code().git_version)
"""

TEST = """
import threading
import urllib.request
from http.server import HTTPServer, SimpleHTTPRequestHandler

def test_this_machine_is_reached():
    with HTTPServer(("127.0.0.1", 0), SimpleHTTPRequestHandler) as server:
        threading.Thread(target=server.handle_request).start()
        with urllib.request.urlopen(f"http://127.0.0.1:{server.server_port}/") as response:
            assert response.status == 200
"""


def run(*arguments: str) -> str:
    environment = {**os.environ, **DEAD_PROXIES}
    done = subprocess.run(
        [sys.executable, *arguments], env=environment, cwd=CHECKOUT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_a_notebooks_client_reaches_it() -> None:
    assert run("-c", NOTEBOOK).startswith("v1.")


def test_so_do_tests(tmp_path: Path) -> None:
    (tmp_path / "test_loopback.py").write_text(TEST)
    run("-m", "pytest", "--quiet", "--config-file=pyproject.toml", str(tmp_path))
