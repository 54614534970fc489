"""A fresh clone of the workshop, as a student has it after `make setup`, for the length of a `with`.

It holds what lies in a folder at this moment, committed on main. Its `.venv` finds our Python packages, but runs the
clone's own code: what is typed there works in the clone, and nowhere else.
"""

import contextlib
import importlib.metadata
import os
import sysconfig
import venv
from collections.abc import Iterator, Mapping
from pathlib import Path

from workshop.binaries.binary_cache import cache_root
from workshop.course.git import Git
from workshop.system.tempdir import temporary_directory

_PASSED_ON = ("PATH", "LANG", "TMPDIR", "KUBEBUILDER_ASSETS", "WORKSHOP_MIRROR")
_PROXY = "http://127.0.0.1:9"  # leads nowhere: what a page does needs no network, and for this machine no proxy
_PROXIES = dict.fromkeys(("HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"), _PROXY)
_STAMPS = ("ready", "site")  # by which the Makefile knows what is installed
_SCRIPT = """\
#!{python}
import sys

from {module} import {function}

sys.exit({function}())
"""


@contextlib.contextmanager
def fresh_clone(root: Path) -> Iterator[Git]:
    """A clone of what lies in `root`; its folder goes at the end."""
    with temporary_directory() as folder:
        clone = folder / "workshop"
        clone.mkdir()
        git = Git(clone)
        git.run("init", "--quiet", "--initial-branch=main")
        for name, value in (("user.name", "A student"), ("user.email", "student@icecream-workshop.invalid")):
            git.run("config", name, value)
        Git(root, clone / ".git").run("add", "--all", "--", ".")
        git.run("commit", "--quiet", "--no-gpg-sign", "--message", "The workshop")
        git.run("reset", "--quiet", "--hard")
        _install(clone)
        yield git


def environment(clone: Path, base: Mapping[str, str] = os.environ) -> dict[str, str]:
    """The variables of somebody behind a proxy who has just logged in, at home in a folder beside the clone."""
    home = clone.parent / "home"
    home.mkdir(exist_ok=True)
    passed_on = {name: base[name] for name in _PASSED_ON if name in base}
    return {**passed_on, **_PROXIES, "HOME": str(home), "WORKSHOP_CACHE": str(cache_root(base))}


def _install(clone: Path) -> None:
    """Make the clone's `.venv`: its own code before all, then our packages, and the commands that come with them."""
    folder = clone / ".venv"
    venv.create(folder, symlinks=True)
    where = {"base": str(folder), "platbase": str(folder)}
    packages = Path(sysconfig.get_path("purelib", scheme="venv", vars=where))
    (packages / "clone.pth").write_text(f"{clone}\n{sysconfig.get_path('purelib')}\n")
    scripts = Path(sysconfig.get_path("scripts", scheme="venv", vars=where))
    for command in importlib.metadata.entry_points(group="console_scripts"):
        script = scripts / command.name
        script.write_text(_SCRIPT.format(python=scripts / "python", module=command.module, function=command.attr))
        script.chmod(0o755)
    for stamp in _STAMPS:
        (folder / stamp).touch()
