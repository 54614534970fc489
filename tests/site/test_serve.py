"""`workshop serve`: what one writes is in the browser as soon as it is saved."""

import signal
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow


@pytest.fixture
def serving(tree: Path) -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, "-m", "workshop", "serve"]
    with subprocess.Popen(command, cwd=tree, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as process:
        yield process
        process.kill()


def says(process: subprocess.Popen[str], words: str) -> str:
    """Read on to the line that has these words, and return it."""
    assert process.stdout
    return next(line for line in process.stdout if words in line)


def test_a_page_that_is_saved_is_shown_and_a_broken_one_is_not(tree: Path, serving: subprocess.Popen[str]) -> None:
    home = tree / "docs/index.md"
    url, *_ = says(serving, "shows the site").split()

    def shown() -> str:
        with urllib.request.urlopen(url) as answer:
            return str(answer.read(), "utf-8")

    assert "Three steps" in shown()
    good = home.read_text() + "\nJust written.\n"
    home.write_text(good)
    says(serving, "Built again.")
    assert "Just written." in shown()
    home.write_text(good.replace("Just written.", "[Broken](nowhere.md)"))
    says(serving, "you see the site as it was")
    assert "Just written." in shown()
    serving.send_signal(signal.SIGTERM)
    assert serving.wait() == 130


def test_a_port_that_is_taken_is_named(tree: Path, url: str) -> None:
    port = url.rstrip("/").rpartition(":")[2]
    command = [sys.executable, "-m", "workshop", "serve", "--port", port]
    done = subprocess.run(command, cwd=tree, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr.splitlines()[-1]) == (
        1,
        f"Error: Port {port} can't be had: Address already in use. Another one: make serve PORT=8001",
    )
