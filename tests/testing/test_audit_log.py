"""What the audit log says of an operator."""

import json
from pathlib import Path

from workshop.controlplane.layout import Layout
from workshop.testing import audit_log
from workshop.workspace.cluster import Cluster
from workshop.workspace.operators import OPERATORS

OPERATOR = OPERATORS["operator"]


def line(verb: str, name: str, user: str = OPERATOR.username, stage: str = "ResponseComplete", **more: object) -> str:
    """A line of the log."""
    subject = {"resource": "icecreams", "subresource": "status", "name": name}
    event = {"verb": verb, "user": {"username": user}, "stage": stage, "objectRef": subject, **more}
    return json.dumps(event | {"responseStatus": {"code": 200}}) + "\n"


def cluster(folder: Path) -> tuple[Cluster, Path]:
    """A cluster of which nothing is there but an audit log with one line."""
    layout = Layout(folder)
    layout.create()
    layout.audit_log.write_text(line("patch", "before"))
    return Cluster(folder, layout.kubeconfig, folder / "kubectl"), layout.audit_log


def test_requests_are_those_of_the_operator_that_were_answered_since(tmp_path: Path) -> None:
    somewhere, log = cluster(tmp_path)
    since = audit_log.end(somewhere)
    with log.open("a") as more:
        more.write(line("patch", "a", requestObject={"status": {}}) + line("get", "b"))
        more.write(line("patch", "of somebody else", user="ada") + line("watch", "", stage="ResponseStarted"))
    patch, get = audit_log.requests(somewhere, OPERATOR, since)
    assert (str(patch), patch.mutating, patch.body) == ("patch icecreams/status a: HTTP 200", True, {"status": {}})
    assert (get.name, get.mutating) == ("b", False)


def test_a_line_that_is_still_being_written_is_none_yet(tmp_path: Path) -> None:
    somewhere, log = cluster(tmp_path)
    before = audit_log.end(somewhere)
    second = line("patch", "b")
    with log.open("a") as more:
        more.write(line("patch", "a") + second[:50])
    within = audit_log.end(somewhere)
    assert [request.name for request in audit_log.requests(somewhere, OPERATOR, before)] == ["a"]
    with log.open("a") as more:
        more.write(second[50:])
    assert [request.name for request in audit_log.requests(somewhere, OPERATOR, before)] == ["a", "b"]
    assert [request.name for request in audit_log.requests(somewhere, OPERATOR, within)] == ["b"]


def test_a_log_that_is_put_aside_as_it_grows_loses_nothing(tmp_path: Path) -> None:
    somewhere, log = cluster(tmp_path)
    since = audit_log.end(somewhere)
    with log.open("a") as more:
        more.write(line("patch", "a"))
    log.rename(log.with_name("audit-2026-01-01T00-00-00.000.log"))
    log.write_text(line("patch", "b"))
    assert [request.name for request in audit_log.requests(somewhere, OPERATOR, since)] == ["a", "b"]
