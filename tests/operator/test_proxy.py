"""Behind a proxy: operator and checks reach this machine without it, and an operator that can't go on names it."""

import os
import subprocess
import sys
from pathlib import Path

from tests.proxies import DEAD_PROXIES, DEAD_PROXY
from workshop.workspace.cluster import CHECKOUT


def test_the_checks_are_green_whatever_proxy_there_is(tmp_path: Path) -> None:
    checked = subprocess.run(
        [sys.executable, "-m", "workshop", "check", "02"],
        env={**os.environ, **DEAD_PROXIES, "WORKSHOP_HOME": str(tmp_path)},
        cwd=CHECKOUT,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    assert checked.returncode == 0, checked.stdout + checked.stderr


def test_a_proxy_that_leads_nowhere_is_named(tmp_path: Path) -> None:
    kubeconfig = tmp_path / "kubeconfig"
    kubeconfig.write_text(
        "{current-context: a, contexts: [{name: a, context: {cluster: a, user: a}}], users: [{name: a, user: {}}],"
        " clusters: [{name: a, cluster: {server: 'https://cluster.invalid:6443'}}]}"
    )
    operator = subprocess.Popen(
        [sys.executable, "-m", "icecream_operator"],
        env={"KUBECONFIG": str(kubeconfig), "HTTPS_PROXY": DEAD_PROXY},
        stderr=subprocess.PIPE,
        text=True,
    )
    with operator:
        assert operator.stderr
        obstacle = next(line for line in operator.stderr if "listing icecreams" in line)
        operator.terminate()
    assert f"listing icecreams at https://cluster.invalid:6443 through the proxy {DEAD_PROXY}: " in obstacle
