"""Does the API server keep the promise of your schema? Each check asks it by kubectl."""

import itertools
import json
import re
from collections.abc import Iterator
from functools import cached_property
from typing import Any

import pytest

from workshop.testing import crd
from workshop.testing.crd import CRD
from workshop.testing.failures import CheckFailedError
from workshop.workspace.cluster import Cluster, KubectlError

SAMPLE = "deploy/samples/toomuch.yaml"


class Api:
    """The API with the student's CRD, as a customer and the operator use it."""

    def __init__(self, cluster: Cluster) -> None:
        self.cluster = cluster
        self._numbers = itertools.count(1)

    def order(self, *, status: dict[str, Any] | None = None, **spec: Any) -> dict[str, Any]:
        """Create an icecream as programs do, without kubectl's own validation, and return it as it was stored.

        Raises:
            KubectlError: it is refused.
        """
        name = f"icecream-{next(self._numbers)}"
        manifest = {"apiVersion": "demo.lva.io/v1", "kind": "Icecream", "metadata": {"name": name}, "spec": spec}
        if status is not None:
            manifest["status"] = status
        return parsed(
            self.cluster.kubectl("create", "-f", "-", "--validate=ignore", "-o", "json", stdin=json.dumps(manifest))
        )

    def accepted(self, *, place: str, **spec: Any) -> dict[str, Any]:
        """Order what must be accepted; `place` is the field to look at if it isn't."""
        try:
            return self.order(**spec)
        except KubectlError as error:
            raise CheckFailedError(
                expected=f"this to be accepted: spec: {json.dumps(spec)}", seen=words(error), look=f"{CRD}, {place}"
            ) from None

    def refused(self, *, place: str, **spec: Any) -> None:
        """Order what must be refused because of its content."""
        expected = f"this to be refused: spec: {json.dumps(spec)}"
        try:
            stored = self.order(**spec)
        except KubectlError as error:
            if "is invalid" not in str(error):
                raise CheckFailedError(expected=expected, seen=words(error), look=f"{CRD}, {place}") from None
        else:
            seen = f"it was stored, with spec: {json.dumps(stored.get('spec'))}"
            raise CheckFailedError(expected=expected, seen=seen, look=f"{CRD}, {place}")

    @cached_property
    def icecream(self) -> str:
        """The name of an icecream whose status the checks write, one after the other."""
        return str(self.accepted(place="spec", flavour=["vanilla"], topping=["cream"])["metadata"]["name"])

    def write_status(self, **status: Any) -> dict[str, Any]:
        """Write a whole status as the operator does, and return the icecream.

        Raises:
            KubectlError: it is refused.
        """
        patch = json.dumps([{"op": "add", "path": "/status", "value": status}], separators=(",", ":"))
        what = (self.icecream, "--subresource=status", "--type=json", f"--patch={patch}")
        return parsed(self.cluster.kubectl("patch", "icecream", *what, "-o", "json"))

    def status_accepted(self, **status: Any) -> dict[str, Any]:
        """Write a status that must be accepted and kept."""
        expected = f"the subresource status to keep {json.dumps(status)}"
        try:
            icecream = self.write_status(**status)
        except KubectlError as error:
            raise self._not_written(error, expected, "subresources") from None
        if icecream.get("status") != status:
            seen = f"status: {json.dumps(icecream.get('status'))}"
            raise CheckFailedError(expected=expected, seen=seen, look=f"{CRD}, status: its properties")
        return icecream

    def status_refused(self, *, place: str, **status: Any) -> None:
        """Write a status that must be refused because of its content."""
        expected = f"this to be refused: status: {json.dumps(status)}"
        try:
            stored = self.write_status(**status)
        except KubectlError as error:
            if "is invalid" not in str(error):
                raise self._not_written(error, expected, place) from None
        else:
            seen = f"it was stored, with status: {json.dumps(stored.get('status'))}"
            raise CheckFailedError(expected=expected, seen=seen, look=f"{CRD}, {place}")

    def _not_written(self, error: KubectlError, expected: str, place: str) -> CheckFailedError:
        seen = words(error)
        if "(NotFound)" in seen:
            seen, place = (
                f"404: there is no .../icecreams/{self.icecream}/status to write to",
                "subresources of the version v1",
            )
        return CheckFailedError(expected=expected, seen=seen, look=f"{CRD}, {place}")

    def columns(self) -> dict[str, str]:
        """Return what `kubectl get` shows of the icecream, by the names of its columns."""
        header, row = self.cluster.kubectl("get", "icecream", self.icecream).splitlines()
        starts = [heading.start() for heading in re.finditer(r"\S+( \S+)*", header)]
        ends = [*starts[1:], None]  # the last one goes as far as the line
        return {header[a:b].strip(): row[a:b].strip() for a, b in zip(starts, ends, strict=True)}


def parsed(output: str) -> dict[str, Any]:
    """An object that kubectl printed by `-o json`."""
    icecream: dict[str, Any] = json.loads(output)
    return icecream


def words(error: KubectlError) -> str:
    """What kubectl answered, without the command."""
    return str(error).partition(": ")[2]


@pytest.fixture(scope="module")
def api(cluster: Cluster) -> Iterator[Api]:
    """The CRD in place, and gone afterwards with all its icecreams."""
    with crd.served(cluster, look=CRD):
        yield Api(cluster)


# What holds from the start, and must go on to hold.


def test_the_sample_of_the_lecture_is_accepted(api: Api) -> None:
    try:
        api.cluster.kubectl("create", "-f", SAMPLE, "--validate=ignore")
    except KubectlError as error:
        raise CheckFailedError(expected=f"{SAMPLE} to be accepted", seen=words(error), look=f"{CRD}, spec") from None


def test_an_icecream_without_toppings_is_accepted(api: Api) -> None:
    api.accepted(
        place="spec.topping: must it be there? And a rule: does it ask has(self.topping) first?", flavour=["vanilla"]
    )


def test_a_topping_may_be_there_twice(api: Api) -> None:
    api.accepted(place="spec.topping", flavour=["vanilla"], topping=["cream", "cream"])


# Exercise 1: types and limits.


def test_an_icecream_without_flavours_is_refused(api: Api) -> None:
    api.refused(place="spec: which field is required?")


def test_an_empty_list_of_flavours_is_refused(api: Api) -> None:
    api.refused(place="spec.flavour: how few may there be?", flavour=[])


@pytest.mark.parametrize("flavour", [42, "vanilla", [42]], ids=["a number", "one word", "a list of numbers"])
def test_flavours_that_are_not_a_list_of_words_are_refused(api: Api, flavour: object) -> None:
    api.refused(place="spec.flavour: its type, and its items' type", flavour=flavour)


def test_an_empty_word_is_no_flavour(api: Api) -> None:
    api.refused(place="spec.flavour: how short may an item be?", flavour=["vanilla", ""])


def test_the_same_flavour_twice_is_refused(api: Api) -> None:
    api.refused(place="spec.flavour: what kind of list is it?", flavour=["vanilla", "vanilla"])


def test_a_fourth_topping_is_refused(api: Api) -> None:
    api.accepted(place="spec.topping: how many may there be?", flavour=["vanilla"], topping=["cream", "nuts", "fudge"])
    api.refused(
        place="spec.topping: how many may there be?",
        flavour=["vanilla"],
        topping=["cream", "nuts", "fudge", "sprinkles"],
    )


def test_a_field_that_the_schema_does_not_know_is_dropped(api: Api) -> None:
    known = {"flavour": ["vanilla"], "topping": ["cream"]}
    stored = api.accepted(place="spec", **known, toping=["nuts"])
    if stored["spec"] != known:
        raise CheckFailedError(
            expected="`toping`, a typing error, to be dropped, and the rest to be stored",
            seen=f"spec: {json.dumps(stored['spec'])}",
            look=f"{CRD}, spec: does it still preserve unknown fields?",
        )


# Exercise 2: the status.


def test_a_customer_cannot_write_the_status(api: Api) -> None:
    stored = api.accepted(place="spec", flavour=["vanilla"], topping=["cream"], status={"observedGeneration": 7})
    if "status" in stored:
        raise CheckFailedError(
            expected="a status that comes with `kubectl create` to be ignored",
            seen=f"it was stored: status: {json.dumps(stored['status'])}",
            look=f"{CRD}, subresources of the version v1",
        )


def test_what_the_operator_writes_is_kept(api: Api) -> None:
    ready = {
        "type": "Ready",
        "status": "True",
        "reason": "Sold",
        "message": "Enjoy.",
        "lastTransitionTime": "2026-01-01T00:00:00Z",
    }
    api.status_accepted(soldOut=False, toppingsCount=0, observedGeneration=1, conditions=[ready])


def test_writing_the_status_is_no_new_wish_of_the_customer(api: Api) -> None:
    icecream = api.status_accepted(observedGeneration=1)
    if icecream["metadata"]["generation"] != 1:
        raise CheckFailedError(
            expected="metadata.generation to stay 1: it counts what customers want",
            seen=f"metadata.generation: {icecream['metadata']['generation']}",
            look=f"{CRD}, subresources of the version v1",
        )


def test_sold_out_is_true_or_false(api: Api) -> None:
    api.status_refused(place="status.soldOut: its type", soldOut="perhaps")


@pytest.mark.parametrize("count", ["three", 2.5], ids=["a word", "a fraction"])
def test_the_count_of_toppings_is_a_whole_number(api: Api, count: object) -> None:
    api.status_refused(place="status.toppingsCount: its type", toppingsCount=count)


# Exercise 3: printer columns.


def test_kubectl_get_shows_whether_a_flavour_is_sold_out(api: Api) -> None:
    assert_column(api, "SOLDOUT", "false", soldOut=False)


def test_kubectl_get_shows_how_many_toppings_there_are(api: Api) -> None:
    assert_column(api, "TOPPINGSCOUNT", "3", toppingsCount=3)


def test_kubectl_get_still_shows_the_age(api: Api) -> None:
    columns = api.columns()
    own = columns.keys() - {"NAME", "AGE"}
    if not own or not re.fullmatch(r"(\d+[smh])+", columns.get("AGE", "")):
        raise CheckFailedError(
            expected="columns of your own, and beside them AGE, which shows how long ago it was created, such as 2s",
            seen=", ".join(f"{column}: {cell or '(empty)'}" for column, cell in columns.items()),
            look=f"{CRD}, additionalPrinterColumns of the version v1: Age has the type date, and which jsonPath?",
        )


def assert_column(api: Api, name: str, shown: str, **status: Any) -> None:
    """Check that `kubectl get` has a column, and shows in it what the status says."""
    api.status_accepted(**status)
    columns = api.columns()
    if columns.get(name) != shown:
        raise CheckFailedError(
            expected=f"a column {name} that shows {shown}, as the status says: {json.dumps(status)}",
            seen=", ".join(f"{column}: {cell or '(empty)'}" for column, cell in columns.items()),
            look=f"{CRD}, additionalPrinterColumns of the version v1: name and jsonPath",
        )


# Exercise 4: a rule over two fields.


def test_a_topping_that_is_also_a_flavour_is_refused(api: Api) -> None:
    place = "spec: x-kubernetes-validations"
    api.refused(place=place, flavour=["vanilla", "chocolate"], topping=["cream", "chocolate"])
    api.refused(place=place, flavour=["vanilla"], topping=["vanilla"])


def test_the_refusal_says_why_in_words(api: Api) -> None:
    try:
        api.order(flavour=["vanilla"], topping=["vanilla"])
        seen = "it was accepted"
    except KubectlError as error:
        seen = words(error)
    if "is invalid" not in seen or "failed rule" in seen:
        raise CheckFailedError(
            expected="a refusal with a message of yours",
            seen=seen,
            look=f"{CRD}, spec: x-kubernetes-validations: message",
        )
