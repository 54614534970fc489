"""`workshop webhook install` and `uninstall`: what they write, what they leave, and what they say."""

import os
import socket
import stat
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import psutil
import pytest

from workshop.system.polling import eventually
from workshop.webhook import configuration, connectivity, installation
from workshop.webhook.configuration import CONFIGURATION, MENU, NAMESPACE, SERVICE
from workshop.webhook.errors import FaultError, WebhookError
from workshop.workspace import home
from workshop.workspace.cluster import CHECKOUT, Cluster

from .servers import NOW, authority, serving, write_pair

OBJECTS = f"validatingwebhookconfiguration/{CONFIGURATION}", f"service/{SERVICE}", f"configmap/{MENU}"


@pytest.fixture
def folder(cluster: Cluster) -> Path:
    folder = installation.cert_dir(cluster)
    write_pair(folder, authority("the shop's CA"))
    return folder


def environment(cluster: Cluster) -> dict[str, str]:
    """That of a command which uses the cluster and its folder."""
    (cluster.folder / "kubeconfig").write_bytes(cluster.kubeconfig.read_bytes())
    return {**os.environ, home.TEMPORARY_CLUSTER: str(cluster.folder), "WORKSHOP_HOME": str(cluster.folder / "home")}


def run(cluster: Cluster, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "workshop", *arguments],
        env=environment(cluster),
        cwd=CHECKOUT,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def versions(cluster: Cluster) -> dict[str, str]:
    items = cluster.get("--ignore-not-found", f"-n={NAMESPACE}", *OBJECTS)["items"]
    return {item["kind"]: item["metadata"]["resourceVersion"] for item in items}


def test_the_api_server_asks_by_the_name_of_the_service_at_the_operators_port(cluster: Cluster, folder: Path) -> None:
    done = run(cluster, "webhook", "install", "--port", "4443")
    assert done.stdout == (
        "The API server will ask localhost:4443, and trust CN=the shop's CA.\n"
        "There is a menu now, from deploy/webhook.\n"
    ), done.stderr
    config = configuration.client_config(cluster.get("validatingwebhookconfiguration", CONFIGURATION))
    service = cluster.get("service", SERVICE, f"-n={NAMESPACE}")
    assert config.server_name == "demooperator-webhook-service.demooperator-system.svc"
    assert configuration.destination(config, service) == ("localhost", 4443)
    assert configuration.authorities(config) == installation.install(cluster, folder).authorities


def test_installed_again_nothing_changes(cluster: Cluster, folder: Path) -> None:
    first = installation.install(cluster, folder)
    before = versions(cluster)
    again = run(cluster, "webhook", "install")
    assert again.stdout.startswith(f"The API server will ask localhost:{first.port}, and trust CN=the shop's CA.\n")
    assert again.stdout.endswith("The menu stays as it was.\n")
    assert versions(cluster) == before


def test_todays_menu_stays(cluster: Cluster, folder: Path) -> None:
    installation.install(cluster, folder)
    cluster.kubectl("patch", "configmap", MENU, f"-n={NAMESPACE}", '-p={"data": {"flavours": "pistachio:\\n"}}')
    assert installation.install(cluster, folder).kept_menu
    assert cluster.get("configmap", MENU, f"-n={NAMESPACE}")["data"] == {"flavours": "pistachio:\n"}


def test_a_service_of_a_real_cluster_becomes_that_of_the_laptop(cluster: Cluster, folder: Path) -> None:
    installation.install(cluster, folder)
    cluster.kubectl("delete", "service", SERVICE, f"-n={NAMESPACE}")
    cluster.kubectl("apply", "-k", configuration.MANIFESTS)
    assert cluster.get("service", SERVICE, f"-n={NAMESPACE}")["spec"]["type"] == "ClusterIP"
    installation.install(cluster, folder)
    assert cluster.get("service", SERVICE, f"-n={NAMESPACE}")["spec"]["externalName"] == "localhost"


def test_a_port_is_chosen_once_and_a_given_one_takes_its_place(cluster: Cluster, folder: Path) -> None:
    chosen = installation.install(cluster, folder).port
    installation.uninstall(cluster)
    assert installation.install(cluster, folder).port == chosen
    assert installation.install(cluster, folder, 4443).port == 4443
    assert installation.install(cluster, folder).port == 4443


def test_two_workspaces_have_two_ports(cluster: Cluster, folder: Path, tmp_path: Path) -> None:
    other = Cluster(tmp_path / "other", cluster.kubeconfig, cluster.kubectl_path)
    other.folder.mkdir()
    assert installation.install(cluster, folder).port != installation.install(other, folder).port


def test_a_port_that_somebody_has_is_not_chosen(cluster: Cluster, folder: Path) -> None:
    first_choice = installation.install(cluster, folder).port
    (folder / "port").unlink()
    with socket.create_server(("127.0.0.1", first_choice)):
        assert installation.install(cluster, folder).port != first_choice


def test_without_a_ca_it_says_how_to_make_one(cluster: Cluster) -> None:
    done = run(cluster, "webhook", "install")
    folder = installation.cert_dir(cluster)
    assert done.returncode == 1
    assert done.stderr == (
        f"Error: {folder}/ca.crt can't be read: No such file or directory\n"
        f"Make a CA and a certificate: python -m icecream_operator.webhook.self_signed_ca --out {folder}\n"
    )


def test_a_ca_that_is_none_is_no_bundle(cluster: Cluster, folder: Path) -> None:
    (folder / "ca.crt").write_text("a CA")
    with pytest.raises(WebhookError, match=r"ca\.crt holds no CA certificates: "):
        installation.install(cluster, folder)


def test_a_certificate_is_made_by_the_students_program_and_only_once(cluster: Cluster) -> None:
    folder = installation.cert_dir(cluster)
    first = installation.with_certificate(cluster)
    made = (folder / "tls.crt").read_bytes()
    assert installation.with_certificate(cluster) == replace(first, kept_menu=True)
    assert (folder / "tls.crt").read_bytes() == made
    assert stat.S_IMODE((folder / "tls.key").stat().st_mode) == 0o600


def test_a_certificate_that_cant_be_made_says_why(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(WebhookError, match=r"(?s)none can be made.*self_signed_ca --out .*\n.*can't be written"):
        installation.make_certificate(tmp_path / "file" / "webhook")


@pytest.mark.slow
def test_an_operator_that_is_run_with_the_webhook_is_asked(cluster: Cluster) -> None:
    command = [sys.executable, "-m", "workshop", "run", "operator", "--webhook", "--", "--on-oversell", "mark"]
    with subprocess.Popen(command, env=environment(cluster), cwd=CHECKOUT, stdout=subprocess.DEVNULL) as operator:
        try:
            eventually(lambda: list(connectivity.trace(cluster, NOW)), within=60, retry_on=FaultError)
            argv = psutil.Process(operator.pid).cmdline()
        finally:
            operator.terminate()
    assert argv[1:3] == ["-m", "icecream_operator"]
    assert argv[-2:] == ["--on-oversell", "mark"]
    assert operator.returncode == 0


def test_uninstalled_nobody_is_asked_and_twice_is_the_same_as_once(cluster: Cluster, folder: Path) -> None:
    installation.install(cluster, folder)
    for _ in range(2):
        assert run(cluster, "webhook", "uninstall").stdout == "The API server asks nobody any more.\n"
    assert versions(cluster).keys() == {"ConfigMap"}


def test_check_says_what_is_in_order_and_ends_with_0(cluster: Cluster, folder: Path) -> None:
    with serving(folder) as port:
        installation.install(cluster, folder, port)
        done = run(cluster, "webhook", "check")
    assert done.returncode == 0, done.stdout
    assert f" ✓ connection     localhost:{port} listens\n" in done.stdout
    assert done.stdout.endswith(
        " ✓ API server     icecream.demo.lva.io/webhook-check created (server dry run)\n"
        "The API server reaches the webhook.\n"
    )


def test_check_says_what_is_wrong_and_what_to_do_and_ends_with_1(cluster: Cluster, folder: Path) -> None:
    installation.install(cluster, folder, 4443)
    done = run(cluster, "webhook", "check")
    assert done.returncode == 1
    assert done.stdout.splitlines()[-2:] == [
        " ✗ connection     nothing answers at localhost:4443: Connection refused",
        "   do:            workshop run operator --webhook, or if it runs: is it at that port?"
        " (workshop webhook install --port)",
    ]
