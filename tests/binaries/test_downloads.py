"""Downloads, from a server on this machine: what is verified goes to the cache, else the next source is tried."""

import dataclasses
import hashlib
import stat

import pytest
import urllib3

from tests.binaries.conftest import CONTENT, MEMBERS, Server, Student, archive
from tests.proxies import DEAD_PROXIES, set_proxies
from workshop.binaries import BinariesMissing, downloads
from workshop.binaries.catalogue import Download
from workshop.binaries.errors import SourceFailed


def offer(student: Student, *offered: Download) -> None:
    """Put downloads into the student's catalogue."""
    student.catalogue = dataclasses.replace(student.catalogue, downloads=offered)


def refusal(student: Student, download: Download) -> str:
    """The first line shown where the download of etcd fails, and so does the Go build after it."""
    offer(student, download)
    with pytest.raises(BinariesMissing) as caught:
        student.ensure("etcd")
    lines = [line for line in student.lines if not line.startswith("Downloading")]
    assert lines[0].removesuffix(".") in str(caught.value)
    assert lines[1].startswith("Fetching Go 1.26.6")
    return lines[0]


def test_one_archive_serves_all_its_programs(student: Student, server: Server) -> None:
    offer(student, server.serve("/envtest.tar.gz", archive(CONTENT), MEMBERS))
    paths = student.ensure("kube-apiserver", "etcd")
    assert {name: path.read_bytes() for name, path in paths.items()} == {
        "kube-apiserver": b"the api server",
        "etcd": b"etcd",
    }
    assert all(stat.S_IMODE(path.stat().st_mode) == 0o755 for path in paths.values())
    assert server.requests == ["GET /envtest.tar.gz"]
    assert student.lines == [f"Downloading kube-apiserver, etcd from {server.url}/envtest.tar.gz (0 MB)"]


def test_only_what_is_needed_is_taken_and_nothing_else_is_left(student: Student, server: Server) -> None:
    offer(student, server.serve("/envtest.tar.gz", archive(CONTENT), MEMBERS))
    etcd = student.ensure("etcd")["etcd"]
    assert student.cached_files() == [str(etcd.relative_to(student.cache.root)), "lock"]


def test_a_filled_cache_needs_no_network(student: Student, server: Server) -> None:
    offer(student, server.serve("/envtest.tar.gz", archive(CONTENT), MEMBERS))
    first = student.ensure("etcd")
    server.requests.clear()
    assert student.ensure("etcd") == first
    assert server.requests == []


def test_a_download_that_is_the_program_itself(student: Student, server: Server) -> None:
    offer(student, server.serve("/bin/kube-controller-manager", b"manager", {"kube-controller-manager": ""}))
    assert student.ensure("kube-controller-manager")["kube-controller-manager"].read_bytes() == b"manager"


def test_a_mirror_serves_what_the_official_hosts_have(student: Student, server: Server) -> None:
    mirrored = server.serve("/mirror/dl.example.test/v1/envtest.tar.gz", archive(CONTENT), MEMBERS)
    offer(student, dataclasses.replace(mirrored, url="https://dl.example.test/v1/envtest.tar.gz"))
    student.env["WORKSHOP_MIRROR"] = f"{server.url}/mirror/"
    assert student.ensure("etcd")["etcd"].read_bytes() == b"etcd"


def test_a_mirror_on_this_machine_is_asked_without_the_environments_proxy(
    student: Student, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    set_proxies(monkeypatch, **DEAD_PROXIES)
    offer(student, server.serve("/envtest.tar.gz", archive(CONTENT), MEMBERS))
    assert student.ensure("etcd")["etcd"].read_bytes() == b"etcd"


def test_any_other_server_is_asked_through_the_proxy(
    student: Student, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    set_proxies(monkeypatch, http_proxy=server.url)
    url = "http://dl.invalid/envtest.tar.gz"  # a proxy is asked for the whole URL
    offer(student, dataclasses.replace(server.serve(url, archive(CONTENT), MEMBERS), url=url))
    assert student.ensure("etcd")["etcd"].read_bytes() == b"etcd"


def test_a_proxy_that_leads_nowhere_is_named(student: Student, dead_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    set_proxies(monkeypatch, https_proxy=dead_url, no_proxy="127.0.0.0/8")
    line = refusal(student, Download("https://dl.invalid/etcd", "sha256:00", {"etcd": ""}))
    assert line.startswith(f"https://dl.invalid/etcd could not be downloaded through the proxy {dead_url}: ")


def test_a_redirect_is_followed(student: Student, server: Server) -> None:
    server.redirects["/latest.tar.gz"] = "/etcd.tar.gz"
    target = server.serve("/etcd.tar.gz", archive(CONTENT), MEMBERS)
    offer(student, dataclasses.replace(target, url=f"{server.url}/latest.tar.gz"))
    assert student.ensure("etcd")["etcd"].read_bytes() == b"etcd"


def test_another_file_than_the_pinned_one_is_refused(student: Student, server: Server) -> None:
    download = server.serve("/etcd.tar.gz", archive(CONTENT), MEMBERS)
    server.files["/etcd.tar.gz"] = served = archive(CONTENT | {"envtest/etcd": b"malware"})
    actual = f"sha256:{hashlib.sha256(served).hexdigest()}"
    assert refusal(student, download) == (
        f"{server.url}/etcd.tar.gz is not the file we know: its checksum is {actual}, pinned is {download.checksum}."
    )
    assert student.cached_files() == ["lock"]


def test_a_download_that_ends_early_is_refused(student: Student, server: Server) -> None:
    download = server.serve("/etcd.tar.gz", body := archive(CONTENT), MEMBERS)
    server.cut.add("/etcd.tar.gz")
    half = len(body) // 2
    assert refusal(student, download) == (
        f"{server.url}/etcd.tar.gz could not be downloaded: Connection broken: "
        f"IncompleteRead({half} bytes read, {len(body) - half} more expected)."
    )
    assert student.cached_files() == ["lock"]


def test_a_download_that_is_gone(student: Student, server: Server) -> None:
    download = Download(f"{server.url}/gone.tar.gz", "sha256:00", MEMBERS)
    assert refusal(student, download) == f"{server.url}/gone.tar.gz answered 404 Not Found."


def test_an_archive_without_the_program(student: Student, server: Server) -> None:
    download = server.serve("/etcd.tar.gz", archive({"envtest/other": b""}), MEMBERS)
    assert refusal(student, download) == (
        f"{server.url}/etcd.tar.gz is the file we know, but has no envtest/etcd in it."
    )


def test_a_server_that_is_not_there(student: Student, dead_url: str) -> None:
    line = refusal(student, Download(dead_url, "sha256:00", MEMBERS))
    assert line.startswith(f"{dead_url} could not be downloaded: Failed to establish a new connection: [Errno ")


def test_a_host_that_has_no_name(student: Student) -> None:
    line = refusal(student, Download("https://dl.invalid/etcd", "sha256:00", {"etcd": ""}))
    assert line.startswith("https://dl.invalid/etcd could not be downloaded: Failed to resolve 'dl.invalid' (")


def test_a_mirror_whose_address_is_none(student: Student) -> None:
    student.env["WORKSHOP_MIRROR"] = "the teacher's laptop"
    line = refusal(student, Download("https://dl.invalid/etcd", "sha256:00", {"etcd": ""}))
    assert line.startswith("the teacher's laptop/dl.invalid/etcd could not be downloaded: ")


@pytest.mark.parametrize("behaviour", ["hanging", "silent"])
def test_a_server_that_hangs_is_given_up(student: Student, server: Server, behaviour: str) -> None:
    download = server.serve("/etcd.tar.gz", archive(CONTENT), MEMBERS)
    getattr(server, behaviour).add("/etcd.tar.gz")
    into = student.folder / "into"
    into.mkdir()
    with pytest.raises(SourceFailed, match=rf"^{download.url} could not be downloaded: Read timed out\."):
        downloads.fetch(download, ["etcd"], into, student.report, time_limits=urllib3.Timeout(connect=None, read=0.1))
    assert list(into.iterdir()) == []
