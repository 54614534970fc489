"""What the doctor says of a machine, and that its exit code tells whether the workshop can run there."""

import dataclasses
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from workshop.binaries.doctor import Finding, State, examine, python, tool

DOCTOR = [sys.executable, "-c", "from workshop.cli.doctor import command; command()"]


def of(what: str, findings: list[Finding]) -> Finding:
    return next(finding for finding in findings if finding.what == what)


def test_without_go_and_without_network_the_doctor_says_what_is_missing_and_how_to_get_it(env, bin_folder, dead_url):
    env |= {"PATH": str(bin_folder), "WORKSHOP_MIRROR": dead_url}
    told = subprocess.run(DOCTOR, env=env, capture_output=True, text=True, check=False)
    assert told.returncode == 1
    assert told.stderr == ""
    lines = told.stdout.splitlines()
    assert (
        "missing   kube-apiserver           1.36.2  neither a download nor what a Go build takes can be reached"
        in lines
    )
    assert any(
        line.startswith("not here  kube-controller-manager  ") and "no garbage collection" in line for line in lines
    )
    assert "not here  make                     none on PATH" in lines
    assert "not here  Go                       none from 1.26.0 on" in lines
    assert any(line.startswith(f"  - Offline? Copy the folder {env['WORKSHOP_CACHE']} from another") for line in lines)
    assert told.stdout.count("What to do next") == 1
    assert lines[-1] == "Missing: kube-apiserver, kubectl, etcd."
    assert not Path(env["WORKSHOP_CACHE"]).exists()


def test_with_all_in_place_the_doctor_says_where_it_is_from_and_exits_0(env, bin_folder, tmp_path, program, dead_url):
    env |= {"PATH": str(bin_folder), "KUBEBUILDER_ASSETS": str(tmp_path / "assets"), "WORKSHOP_MIRROR": dead_url}
    program(tmp_path / "assets" / "kube-apiserver", "echo Kubernetes v1.36.3")
    program(tmp_path / "assets" / "etcd", "echo etcd Version: 3.6.8")
    program(bin_folder / "kubectl", """echo '{"clientVersion": {"gitVersion": "v1.37.0"}}'""")
    told = subprocess.run(DOCTOR, env=env, capture_output=True, text=True, check=False)
    assert told.returncode == 0
    assert (
        f"ok        kube-apiserver           1.36.3  {tmp_path}/assets/kube-apiserver (KUBEBUILDER_ASSETS)\n"
        in told.stdout
    )
    assert f"ok        kubectl                  1.37.0  {bin_folder}/kubectl (PATH)\n" in told.stdout
    assert f"\nKUBEBUILDER_ASSETS={tmp_path}/assets has no program kubectl; looking elsewhere.\n" in told.stdout
    assert "Missing" not in told.stdout


def test_what_a_download_would_bring_is_to_get_and_is_not_fetched(known, env, server):
    offer = server.offer("/etcd", b"etcd", {"etcd": ""})
    finding = of("etcd", examine(env, dataclasses.replace(known, downloads=(offer,))))
    assert (finding.state, finding.detail) == (State.TO_GET, f"3.6.8  by a download from {server.url}/etcd")
    assert server.asked == ["HEAD /etcd"]


@pytest.mark.parametrize(("reached", "state"), [("exit 0", State.TO_GET), ("exit 1", State.MISSING)])
def test_what_go_could_build_is_to_get_if_its_sources_can_be_reached(
    reached: str, state: State, known, env, program: Callable[[Path, str], Path], bin_folder
):
    (known.module / "go.mod").write_text("module a\n\ngo 1.21\n\nrequire (\n\texample.test/tiny v1.2.3\n)\n")
    asked = bin_folder / "asked"
    program(bin_folder / "go", f'if [ "$1" = env ]; then echo go1.30.0; exit; fi\necho "$@" > {asked}\n{reached}')
    finding = of("etcd", examine(env, known))
    assert finding.state is state
    assert asked.read_text() == f"-C {known.module} list -m example.test/tiny@v1.2.3\n"


@pytest.mark.parametrize(
    ("version", "state"),
    [((3, 10, 9), State.MISSING), ((3, 11, 0), State.OK), ((3, 13, 9), State.OK), ((3, 14, 0), State.MISSING)],
)
def test_the_python_must_be_one_that_the_workshop_runs_on(version: tuple[int, ...], state: State) -> None:
    finding = python(version)
    assert finding.state is state
    if state is State.MISSING:
        assert finding.advice.startswith("Install a Python from 3.11 up to, not including, 3.14")


@pytest.mark.parametrize(
    ("answer", "state"),
    [
        ("GNU Make 3.81", State.OK),
        ("GNU Make 4.4.1", State.OK),
        ("GNU Make 3.80", State.NOT_HERE),
        ("", State.NOT_HERE),
    ],
)
def test_make_is_fine_from_the_one_on_macos(answer: str, state: State, env, program, bin_folder) -> None:
    program(bin_folder / "make", f"echo {answer}")
    finding = tool("make", (3, 81), env)
    assert finding.state is state
    assert finding.advice.startswith("Get make 3.81 or newer: ") is (state is State.NOT_HERE)


def test_a_cache_that_cannot_be_made_is_missing(known, env, tmp_path):
    (tmp_path / "file").write_text("in the way")
    env["WORKSHOP_CACHE"] = str(tmp_path / "file" / "cache")
    finding = of("cache", examine(env, known))
    assert (finding.state, finding.detail) == (State.MISSING, f"{tmp_path}/file/cache can't be written to")
    assert "set WORKSHOP_CACHE to another folder" in finding.advice
