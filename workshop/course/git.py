"""What the course asks of git: trees, commits and tags by plumbing, so work tree, index and configuration stay as they
are; and the few commands on a student's branch that a student could type.
"""

import os
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from workshop.course.errors import CourseError
from workshop.course.stages import Tree
from workshop.system.tempdir import temporary_directory

IDENTITY = ("Icecream workshop", "course@icecream-workshop.invalid")
_DATE = "2026-01-01T00:00:00+00:00"  # fixed, so the same main gives the same hashes
_OURS = {
    f"GIT_{who}_{what}": value
    for who in ("AUTHOR", "COMMITTER")
    for what, value in (("NAME", IDENTITY[0]), ("EMAIL", IDENTITY[1]), ("DATE", _DATE))
}


class GitError(CourseError):
    """git said no; the message is git's own."""


class Git:
    """A git repository: the folder `work_tree`, and its `git_dir` where that isn't `.git` in it."""

    def __init__(self, work_tree: Path, git_dir: Path | None = None) -> None:
        self.work_tree = work_tree
        self._git_dir = git_dir

    def run(self, *arguments: str, stdin: str | None = None, env: Mapping[str, str] | None = None) -> str:
        """Run git in the work tree and return what it prints.

        Raises:
            GitError: it ended with another exit code than 0.
        """
        where = [f"--git-dir={self._git_dir}", f"--work-tree={self.work_tree}"] if self._git_dir else []
        done = subprocess.run(
            ["git", *where, *arguments],
            cwd=self.work_tree,
            input=stdin,
            capture_output=True,
            text=True,
            check=False,
            env={**_environment(), **(env or {})},
        )
        if done.returncode:
            raise GitError(f"git {' '.join(arguments)}: {(done.stderr or done.stdout).strip()}")
        return done.stdout

    def at(self, work_tree: Path) -> "Git":
        """Return the same repository with another work tree."""
        return Git(work_tree, self._git_dir)

    def succeeds(self, *arguments: str) -> bool:
        """Run git for its exit code."""
        try:
            self.run(*arguments)
        except GitError:
            return False
        return True

    def tree(self, revision: str) -> dict[str, str]:
        """Return all files of a commit or a tree."""
        listed = self.run("ls-tree", "-r", "-z", revision).split("\0")
        entries = (line.partition("\t") for line in listed if line)
        return {path: " ".join(about.split()[::2]) for about, _, path in entries}

    def text(self, revision: str, path: str) -> str:
        """Return a file of a commit."""
        return self.run("cat-file", "blob", f"{revision}:{path}")

    def write_file(self, content: str) -> str:
        """Store a file and return its entry in a tree."""
        return "100644 " + self.run("hash-object", "-w", "--stdin", stdin=content).strip()

    def write_tree(self, tree: Tree) -> str:
        """Store a tree and return its hash."""
        with temporary_index() as index:
            lines = "".join(f"{entry}\t{path}\0" for path, entry in tree.items())
            self.run("update-index", "-z", "--index-info", stdin=lines, env=index)
            return self.run("write-tree", env=index).strip()

    def commit(self, tree: str, message: str, parent: str | None) -> str:
        """Store a commit by the workshop, always of the same date, and return its hash."""
        parents = ["-p", parent] if parent else []
        return self.run("commit-tree", "--no-gpg-sign", tree, *parents, stdin=message + "\n", env=_OURS).strip()

    def check_out(self, tree: str, folder: Path) -> None:
        """Write the files of a tree into a folder."""
        with temporary_index() as index:
            self.run("read-tree", tree, env=index)
            self.run("checkout-index", "--all", f"--prefix={folder}/", env=index)


def open_clone(root: Path) -> Git:
    """Return the clone whose work tree is `root`.

    Raises:
        CourseError: there is no git, or the folder isn't a clone, for instance because it came as a ZIP.
    """
    if not shutil.which("git"):
        raise CourseError("Stages and branches need git, and there is none on PATH. Install it (apt install git, …).")
    if not (root / ".git").exists():
        raise CourseError(
            f"{root} is not a git clone (did it come as a ZIP?), so it has no stages, no tags and no branches.\n"
            "Clone the repository instead, or make this folder one:\n"
            "  git init && git add --all && git commit --message 'The workshop'"
        )
    git = Git(root)
    if not git.succeeds("rev-parse", "--verify", "--quiet", "HEAD^{commit}"):
        raise CourseError("This clone has no commit yet: git add --all && git commit --message 'The workshop'")
    return git


@contextmanager
def snapshot(root: Path) -> Iterator[tuple[Git, dict[str, str]]]:
    """A repository of its own, gone at the end of the `with`, and the tree of what lies in `root` at this moment.

    It has what git would take in from there: what is ignored is left out. `root` needn't be a clone.
    """
    with temporary_directory() as folder:
        Git(root).run("init", "--quiet", "--bare", str(folder))
        git = Git(root, folder)
        git.run("add", "--all", "--", ".")
        yield git, git.tree(git.run("write-tree").strip())


@contextmanager
def temporary_index() -> Iterator[dict[str, str]]:
    """An empty index beside the repository's own, as git's environment names it."""
    with temporary_directory() as folder:
        yield {"GIT_INDEX_FILE": str(folder / "index")}


def _environment() -> dict[str, str]:
    """Ours, without the variables by which a git hook that runs us would point git elsewhere."""
    elsewhere = {"GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_PREFIX", "GIT_OBJECT_DIRECTORY"}
    return {name: value for name, value in os.environ.items() if name not in elsewhere} | {"LC_ALL": "C"}
