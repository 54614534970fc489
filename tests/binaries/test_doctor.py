"""`workshop doctor`, as a person uses it: its exit code says whether the workshop can run there."""

import subprocess
import sys

from tests.binaries.conftest import Student, write_program


def doctor(student: Student) -> "subprocess.CompletedProcess[str]":
    """Run it where nothing but the student's own programs is on PATH."""
    command = [sys.executable, "-c", "from workshop.cli.doctor import command; command()"]
    env = student.env | {"PATH": str(student.bin), "WORKSHOP_MIRROR": student.env["PIP_INDEX_URL"]}
    return subprocess.run(command, env=env, capture_output=True, text=True, check=False)


def test_without_go_and_without_network_it_says_what_is_missing_and_how_to_get_it(student: Student) -> None:
    done = doctor(student)
    assert done.returncode == 1
    assert done.stderr == ""
    lines = done.stdout.splitlines()
    assert (
        "missing   kube-apiserver           1.36.2  neither a download nor what a Go build takes can be reached"
        in lines
    )
    assert any(
        line.startswith("not here  kube-controller-manager  ") and "no garbage collection" in line for line in lines
    )
    assert "not here  make                     none on PATH" in lines
    assert "not here  Go                       none from 1.26.0 on" in lines
    assert any(line.startswith(f"  - Offline? Copy the folder {student.cache.root} from another") for line in lines)
    assert done.stdout.count("What to do next") == 1
    assert lines[-1] == "Missing: kube-apiserver, kubectl, etcd."
    assert not student.cache.root.exists()


def test_with_all_in_place_it_says_where_it_is_from_and_exits_0(student: Student) -> None:
    assets = student.folder / "assets"
    student.env["KUBEBUILDER_ASSETS"] = str(assets)
    write_program(assets / "kube-apiserver", "echo Kubernetes v1.36.3")
    write_program(assets / "etcd", "echo etcd Version: 3.6.8")
    student.has("kubectl", """echo '{"clientVersion": {"gitVersion": "v1.37.0"}}'""")
    done = doctor(student)
    assert done.returncode == 0
    lines = done.stdout.splitlines()
    assert f"ok        kube-apiserver           1.36.3  {assets}/kube-apiserver (KUBEBUILDER_ASSETS)" in lines
    assert f"ok        kubectl                  1.37.0  {student.bin}/kubectl (PATH)" in lines
    assert f"KUBEBUILDER_ASSETS={assets} has no program kubectl; looking elsewhere." in lines
    assert "Missing" not in done.stdout
