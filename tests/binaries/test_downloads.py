"""Downloads, from a server on this machine: what is verified goes to the cache, else the next source is tried."""

import dataclasses
import hashlib
import stat

import pytest
import urllib3

from workshop.binaries import BinariesMissing, download, ensure
from workshop.binaries.catalogue import Download
from workshop.binaries.errors import SourceFailed

MEMBERS = {"kube-apiserver": "envtest/kube-apiserver", "etcd": "envtest/etcd"}
CONTENT = {"envtest/kube-apiserver": b"the api server", "envtest/etcd": b"etcd", "envtest/other": b"unwanted"}


def with_downloads(known, *downloads):
    return dataclasses.replace(known, downloads=downloads)


def test_one_archive_serves_all_its_programs(known, env, heard, server, archive):
    known = with_downloads(known, server.offer("/envtest.tar.gz", archive(CONTENT), MEMBERS))
    paths = ensure(["kube-apiserver", "etcd"], heard.report, env=env, known=known)
    assert {name: path.read_bytes() for name, path in paths.items()} == {
        "kube-apiserver": b"the api server",
        "etcd": b"etcd",
    }
    assert all(stat.S_IMODE(path.stat().st_mode) == 0o755 for path in paths.values())
    assert server.asked == ["GET /envtest.tar.gz"]
    assert heard.lines == [f"Downloading kube-apiserver, etcd from {server.url}/envtest.tar.gz (0 MB)"]


def test_only_what_is_wanted_is_taken_and_nothing_else_is_left(known, env, heard, server, archive, tmp_path):
    known = with_downloads(known, server.offer("/envtest.tar.gz", archive(CONTENT), MEMBERS))
    etcd = ensure(["etcd"], heard.report, env=env, known=known)["etcd"]
    files = {path.relative_to(tmp_path / "cache") for path in (tmp_path / "cache").rglob("*") if path.is_file()}
    assert {str(file) for file in files} == {str(etcd.relative_to(tmp_path / "cache")), "lock"}


def test_a_filled_cache_needs_no_network(known, env, heard, server, archive):
    known = with_downloads(known, server.offer("/envtest.tar.gz", archive(CONTENT), MEMBERS))
    first = ensure(["etcd"], heard.report, env=env, known=known)
    server.asked.clear()
    assert ensure(["etcd"], heard.report, env=env, known=known) == first
    assert server.asked == []


def test_a_download_that_is_the_program_itself(known, env, heard, server):
    known = with_downloads(
        known, server.offer("/bin/kube-controller-manager", b"manager", {"kube-controller-manager": ""})
    )
    paths = ensure(["kube-controller-manager"], heard.report, env=env, known=known)
    assert paths["kube-controller-manager"].read_bytes() == b"manager"


def test_a_mirror_serves_what_the_official_hosts_have(known, env, heard, server, archive):
    offer = server.offer("/mirror/dl.example.test/v1/envtest.tar.gz", archive(CONTENT), MEMBERS)
    official = dataclasses.replace(offer, url="https://dl.example.test/v1/envtest.tar.gz")
    env["WORKSHOP_MIRROR"] = f"{server.url}/mirror/"
    assert (
        ensure(["etcd"], heard.report, env=env, known=with_downloads(known, official))["etcd"].read_bytes() == b"etcd"
    )


def refused(known, env, heard, offer, name="etcd"):
    """Ensure a binary where the download fails, and so does the Go build after it; the first line told."""
    with pytest.raises(BinariesMissing) as caught:
        ensure([name], heard.report, env=env, known=with_downloads(known, offer))
    lines = [line for line in heard.lines if not line.startswith("Downloading")]
    assert lines[0].removesuffix(".") in str(caught.value)
    assert lines[1].startswith("Fetching Go 1.26.6")
    return lines[0]


def test_another_file_than_the_pinned_one_is_refused(known, env, heard, server, archive, tmp_path):
    offer = server.offer("/etcd.tar.gz", archive(CONTENT), MEMBERS)
    server.files["/etcd.tar.gz"] = served = archive(CONTENT | {"envtest/etcd": b"malware"})
    actual = f"sha256:{hashlib.sha256(served).hexdigest()}"
    assert refused(known, env, heard, offer) == (
        f"{server.url}/etcd.tar.gz is not the file we know: its checksum is {actual}, pinned is {offer.checksum}."
    )
    assert [path.name for path in (tmp_path / "cache").rglob("*")] == ["lock"]


def test_a_download_that_ends_early_is_refused(known, env, heard, server, archive, tmp_path):
    offer = server.offer("/etcd.tar.gz", body := archive(CONTENT), MEMBERS)
    server.cut.add("/etcd.tar.gz")
    half = len(body) // 2
    assert refused(known, env, heard, offer) == (
        f"{server.url}/etcd.tar.gz could not be downloaded: Connection broken: "
        f"IncompleteRead({half} bytes read, {len(body) - half} more expected)."
    )
    assert [path.name for path in (tmp_path / "cache").rglob("*")] == ["lock"]


def test_a_download_that_is_gone(known, env, heard, server):
    offer = Download(f"{server.url}/gone.tar.gz", "sha256:00", MEMBERS)
    assert refused(known, env, heard, offer) == f"{server.url}/gone.tar.gz answered 404 Not Found."


def test_a_server_that_is_not_there(known, env, heard, dead_url):
    told = refused(known, env, heard, Download(dead_url, "sha256:00", MEMBERS))
    assert told.startswith(f"{dead_url} could not be downloaded: Failed to establish a new connection: [Errno ")


def test_a_host_that_has_no_name(known, env, heard):
    told = refused(known, env, heard, Download("https://dl.invalid/etcd", "sha256:00", {"etcd": ""}))
    assert told.startswith("https://dl.invalid/etcd could not be downloaded: Failed to resolve 'dl.invalid' (")


def test_a_mirror_whose_address_is_none(known, env, heard):
    env["WORKSHOP_MIRROR"] = "the teacher's laptop"
    told = refused(known, env, heard, Download("https://dl.invalid/etcd", "sha256:00", {"etcd": ""}))
    assert told.startswith("the teacher's laptop/dl.invalid/etcd could not be downloaded: ")


def test_an_archive_without_the_program(known, env, heard, server, archive):
    offer = server.offer("/etcd.tar.gz", archive({"envtest/other": b""}), MEMBERS)
    assert refused(known, env, heard, offer) == (
        f"{server.url}/etcd.tar.gz is the file we know, but has no envtest/etcd in it."
    )


@pytest.mark.parametrize("path", ["/etcd.tar.gz", "/silent"])
def test_a_server_that_hangs_is_given_up(path, heard, server, archive, tmp_path):
    offer = server.offer(path, archive(CONTENT), MEMBERS)
    server.hanging.add(path)
    with pytest.raises(SourceFailed, match=rf"^{server.url}{path} could not be downloaded: Read timed out\.$"):
        download.provide(offer, ["etcd"], tmp_path, heard.report, time_limits=urllib3.Timeout(connect=5, read=0.1))
    assert list(tmp_path.iterdir()) == []


def test_connections_are_given_up_after_five_seconds() -> None:
    assert download.TIME_LIMITS.connect_timeout == 5


def test_a_redirect_is_followed(known, env, heard, server, archive):
    server.redirects["/latest.tar.gz"] = "/etcd.tar.gz"
    offer = server.offer("/etcd.tar.gz", archive(CONTENT), MEMBERS)
    moved = dataclasses.replace(offer, url=f"{server.url}/latest.tar.gz")
    assert ensure(["etcd"], heard.report, env=env, known=with_downloads(known, moved))["etcd"].read_bytes() == b"etcd"


def test_a_cache_that_cannot_be_written_is_named(known, env, heard, tmp_path):
    env["WORKSHOP_CACHE"] = str(tmp_path / "file" / "cache")
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(BinariesMissing) as caught:
        ensure(["etcd"], heard.report, env=env, known=known)
    assert str(caught.value).startswith(f"The cache folder {tmp_path}/file/cache can't be used: ")
    assert str(caught.value).endswith("set WORKSHOP_CACHE to another folder that you may write to.")
