"""Official downloads: fetched with short time limits, verified against the pinned checksum, only then unpacked."""

import hashlib
import re
import shutil
import ssl
import tarfile
from collections.abc import Iterable, Mapping
from pathlib import Path, PurePosixPath
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

import certifi
import urllib3

from reconciling.httpproxy import proxy_for_url, through
from workshop.binaries.catalogue import Download
from workshop.binaries.errors import SourceFailed
from workshop.binaries.reporter import Reporter

TIME_LIMITS = urllib3.Timeout(connect=5, read=20)
CHUNK = 1 << 18
_REDIRECTS_ONLY = urllib3.Retry(total=5, connect=0, read=0, other=0)


def mirrored(url: str, mirror: str | None) -> str:
    """Where to fetch `url` from: a mirror has the files under host and path, as `wget -x` leaves them."""
    if not mirror:
        return url
    parts = urlsplit(url)
    return f"{mirror.rstrip('/')}/{parts.netloc}{parts.path}"


def fetch(
    download: Download,
    names: Iterable[str],
    into: Path,
    report: Reporter,
    *,
    mirror: str | None = None,
    time_limits: urllib3.Timeout = TIME_LIMITS,
) -> dict[str, Path]:
    """Fetch a download and take the named binaries out of it, as files in the folder `into`.

    Raises:
        SourceFailed: it can't be fetched, is another file than the pinned one, or lacks a binary.
    """
    url = mirrored(download.url, mirror)
    file = into / "download"
    try:
        digest = _save(url, file, download.checksum.partition(":")[0], names, report, time_limits)
        if digest != download.checksum:
            raise SourceFailed(
                f"{url} is not the file we know: its checksum is {digest}, pinned is {download.checksum}"
            )
        return _extract(file, {name: download.members[name] for name in names}, into, url)
    finally:
        file.unlink(missing_ok=True)


def reachable(url: str, time_limits: urllib3.Timeout = TIME_LIMITS) -> bool:
    """Whether a download is there to be fetched, without fetching it."""
    try:
        with _pool(url) as pool:
            return pool.request("HEAD", url, timeout=time_limits, retries=_REDIRECTS_ONLY).status == 200
    except urllib3.exceptions.HTTPError:
        return False


def _save(
    url: str, file: Path, algorithm: str, names: Iterable[str], report: Reporter, time_limits: urllib3.Timeout
) -> str:
    """Write what `url` serves to a file and return its checksum."""
    hashed = hashlib.new(algorithm)
    try:
        with _pool(url) as pool:
            response = pool.request(
                "GET", url, preload_content=False, decode_content=False, timeout=time_limits,
                retries=_REDIRECTS_ONLY,
            )  # fmt: skip
            if response.status != 200:
                raise SourceFailed(f"{url} answered {response.status} {response.reason}")
            length = response.headers.get("content-length")
            what = f"Downloading {', '.join(names)} from {url}"
            with file.open("wb") as out, report.downloading(what, int(length) if length else None) as arrived:
                for chunk in response.stream(CHUNK, decode_content=False):
                    out.write(chunk)
                    hashed.update(chunk)
                    arrived(len(chunk))
    except urllib3.exceptions.HTTPError as error:
        raise SourceFailed(f"{url} could not be downloaded{through(_proxy(url))}: {_reason(error)}") from error
    return f"{algorithm}:{hashed.hexdigest()}"


def _pool(url: str) -> urllib3.PoolManager:
    """Connections that honour the user's proxy, and trust the system's authorities as well as certifi's."""
    context = ssl.create_default_context()
    context.load_verify_locations(certifi.where())
    proxy = _proxy(url)
    return urllib3.ProxyManager(proxy, ssl_context=context) if proxy else urllib3.PoolManager(ssl_context=context)


def _proxy(url: str) -> str | None:
    """The environment's proxy, or that of macOS's settings, which have exceptions of their own."""
    return None if proxy_bypass(urlsplit(url).hostname or "") else proxy_for_url(url, getproxies())


def _reason(error: Exception) -> str:
    """The innermost cause, without the connection object that urllib3 puts before it."""
    cause = error.reason if isinstance(error, urllib3.exceptions.MaxRetryError) and error.reason else error
    text = str(cause.args[0] if isinstance(cause, urllib3.exceptions.ProtocolError) else cause)
    return re.sub(r"^HTTPS?Connection(Pool)?\(.*?\): ", "", text)


def _extract(file: Path, members: Mapping[str, str], into: Path, url: str) -> dict[str, Path]:
    """Extract members of an archive, each to a file of its binary's name."""
    programs = {name: into / name for name in members}
    if list(members.values()) == [""]:
        return {name: file.rename(target) for name, target in programs.items()}
    remaining = {member: programs[name] for name, member in members.items()}
    with tarfile.open(file, "r|*") as archive:
        for entry in archive:
            target = remaining.pop(str(PurePosixPath(entry.name)), None)
            source = archive.extractfile(entry) if target else None
            if target and source:
                with source, target.open("wb") as out:
                    shutil.copyfileobj(source, out, CHUNK)
            if not remaining:
                return programs
    raise SourceFailed(f"{url} is the file we know, but has no {', '.join(remaining)} in it")
