"""What is wrong with a CRD is told in the words of the YAML: its line, what is there, and what is wanted instead."""

import pytest

from workshop.testing import manifest, refusal
from workshop.testing.control_plane import ControlPlane
from workshop.testing.crd import CRD
from workshop.testing.manifest import Problem
from workshop.workspace.cluster import CHECKOUT, KubectlError

TEXT = (CHECKOUT / CRD).read_text()
KIND, NAME = "apiextensions.k8s.io/v1/CustomResourceDefinition", "icecreams.demo.lva.io"
SUBRESOURCES = "subresources:\n        status: {}"
LIST = "a list of strings, such as [a, b]"
NUMBER = "a whole number, without quotes"


def replaced(old: str, new: str) -> tuple[str, int]:
    """Return the CRD with one thing changed, and the line, from 1, at which that is."""
    assert old in TEXT
    return TEXT.replace(old, new, 1), TEXT[: TEXT.index(old)].count("\n") + 1


@pytest.mark.parametrize(
    ("old", "new", "path", "found", "wanted"),
    [
        (SUBRESOURCES, "subresources: true", "subresources", "true (a boolean)", "{status: {}}"),
        (SUBRESOURCES, "subresources: [status]", "subresources", "a list", "{status: {}}"),
        ("status: {}", "status: true", "subresources.status", "true (a boolean)", "an empty object, {}"),
        ("required: [flavour]", "required: true", "spec.required", "true (a boolean)", LIST),
        ("required: [flavour]", "required: flavour", "spec.required", "flavour (a string)", LIST),
        ("minItems: 1", 'minItems: "1"', "flavour.minItems", "1 (a string)", NUMBER),
        ("maxItems: 3", "maxItems: 2.5", "topping.maxItems", "2.5 (a number)", NUMBER),
        ("minItems: 1", "minItem: 1", "flavour.minItem", "doesn't know", "openAPIV3Schema"),
        ("served: true", "served: yes please", "versions[0].served", "yes please (a string)", "true or false"),
        ("type: array", "type: list", "flavour.type", "list (a string)", '"array"'),
        ("set\n", "unique\n", "x-kubernetes-list-type", "unique (a string)", 'one of: "atomic"'),
        ("x-kubernetes-list-type: set", "uniqueItems: true", "uniqueItems", "true (a boolean)", "no such field here"),
        (".status.soldOut", "status.soldOut", "[1].jsonPath", "status.soldOut (a string)", "starting with ."),
        (" in self.flavour", " in self.flavor", "validations[0].rule", "has(", "at character 66: undefined field"),
        ("  scope: Cluster", "  scope: cluster", "spec.scope", "cluster (a string)", 'one of: "Cluster"'),
        ("items:\n", "items: word\n                  x-y:\n", "flavour.items", "", ""),
    ],
)
def test_what_the_api_server_refuses_is_told_with_its_line(
    control_plane: ControlPlane, old: str, new: str, path: str, found: str, wanted: str
) -> None:
    text, line = replaced(old, new)
    with pytest.raises(KubectlError) as refused:
        control_plane.kubectl("create", "-f", "-", stdin=text)
    assert manifest.problem(text, KIND, NAME) is None
    problem = next(refusal.problems(text, str(refused.value).partition(": ")[2]))
    if found:
        assert (problem.line, problem.path[-len(path) :]) == (line, path)
        assert found in problem.found
        assert wanted in problem.wanted


@pytest.mark.parametrize(
    ("old", "new", "after", "found", "wanted"),
    [
        ("    message: a", "    message: no: a", 0, "message: no", 'in quotes, message: "..."'),
        ('rule: "!has', "rule: !has", 0, "rule: !has", "in quotes, rule: \"...\", since '!'"),
        ("                  minItems", "\t\tminItems", 0, "a tab before minItems", "spaces"),
        ("                  minItems", "                 minItems", 0, "minItems: 1", "indented as its neighbours"),
        ("type: array", "type: array\n                  type: array", 1, "a second type", "each key once"),
        ("kind: Custom", "kind: Costum", 0, "CostumResourceDefinition (a string)", "CustomResourceDefinition"),
        ("name: icecreams.", "name: ices.", 0, "ices.demo.lva.io (a string)", "icecreams.demo.lva.io"),
    ],
)
def test_what_is_no_sound_crd_is_told_before_anybody_is_asked(
    old: str, new: str, after: int, found: str, wanted: str
) -> None:
    text, line = replaced(old, new)
    problem = manifest.problem(text, KIND, NAME)
    assert problem
    assert problem.line == line + after
    assert found in problem.found
    assert wanted in problem.wanted


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", Problem(1, "", "nothing: the file is empty, or all of it is comment", f"one object, {KIND}")),
        ("# all of it\n", Problem(1, "", "nothing: the file is empty, or all of it is comment", f"one object, {KIND}")),
        ("- a\n", Problem(1, "", "a list", f"an object, {KIND}")),
        ("hello\n", Problem(1, "", "hello (a string)", f"an object, {KIND}")),
        (
            "a: 1\n---\nb: 2\n",
            Problem(3, "", "a second document begins here, after ---", f"one object, {KIND}, and nothing else"),
        ),
    ],
)
def test_what_is_not_one_object_is_told(text: str, problem: Problem) -> None:
    assert manifest.problem(text, KIND, NAME) == problem


def test_a_sound_crd_has_no_problem() -> None:
    assert manifest.problem(TEXT, KIND, NAME) is None
    assert list(refusal.problems(TEXT, "the connection was refused")) == []
