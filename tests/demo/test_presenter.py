"""The presenter shows what really happened, and stops where that isn't what was expected."""

import io
from pathlib import Path

import pytest
from rich.console import Console

from workshop.demo.presenter import DemoError, Presenter
from workshop.workspace.cluster import Cluster


class _Audience:
    def __init__(self, folder: Path) -> None:
        self.output = io.StringIO()
        self.pauses = 0
        cluster = Cluster(folder, folder / "kubeconfig", Path("/bin/sh"))
        self.presenter = Presenter(cluster, Console(file=self.output, width=80), self._pause)

    def _pause(self) -> None:
        self.pauses += 1


@pytest.fixture
def audience(tmp_path: Path) -> _Audience:
    return _Audience(tmp_path)


def test_a_command_is_shown_with_its_output(audience: _Audience) -> None:
    audience.presenter.run("echo vanilla", shows="^vanilla$")
    assert audience.output.getvalue() == "$ echo vanilla\nvanilla\n"


def test_output_that_isnt_as_expected_breaks_the_demo(audience: _Audience) -> None:
    with pytest.raises(DemoError, match="`echo vanilla` was expected to show 'matcha'"):
        audience.presenter.run("echo vanilla", shows="matcha")


def test_a_command_that_fails_breaks_the_demo(audience: _Audience) -> None:
    with pytest.raises(DemoError, match="`false` ended with exit code 1"):
        audience.presenter.run("false")


def test_a_command_that_was_to_fail_and_doesnt_breaks_the_demo(audience: _Audience) -> None:
    with pytest.raises(DemoError, match="exit code 0"):
        audience.presenter.run("true", fails=True)


def test_what_lags_behind_is_asked_again_and_printed_once(audience: _Audience, tmp_path: Path) -> None:
    script = tmp_path / "lags.sh"
    script.write_text(f"echo x >> {tmp_path}/asked; wc -l < {tmp_path}/asked\n")
    audience.presenter.run_until(f"sh {script}", shows="3")
    assert audience.output.getvalue() == f"$ sh {script}\n3\n"


def test_a_watch_is_shown_up_to_what_it_was_for(audience: _Audience, tmp_path: Path) -> None:
    script, go = tmp_path / "watch.sh", tmp_path / "go"
    script.write_text(f"mkfifo {go}; echo begun; cat {go}; echo evicted; echo never shown; sleep 60\n")
    with audience.presenter.watching(f"sh {script}", after="begun", until="evicted"):
        go.write_text("meanwhile\n")
    assert audience.output.getvalue().splitlines()[1:] == ["begun", "meanwhile", "evicted"]


def test_a_watch_that_ends_too_early_breaks_the_demo(audience: _Audience) -> None:
    with (
        pytest.raises(DemoError, match="was expected to show 'evicted'"),
        audience.presenter.watching("echo begun", after="begun", until="evicted"),
    ):
        pass


def test_there_is_a_pause_between_two_steps(audience: _Audience) -> None:
    audience.presenter.step("One")
    audience.presenter.step("Two")
    assert audience.pauses == 1
