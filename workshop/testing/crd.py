"""Has the API server serve icecreams, by the CRD that a student has written or was given, as fast as that goes.

For two seconds after a CRD was established the API server holds back each create, for the sake of other API servers
that may not know it yet (kubernetes/kubernetes#99199). Here is no other one, so it is told that this was long ago.
"""

import contextlib
import json
import shutil
from collections.abc import Iterator, Sequence

from workshop.system.polling import eventually
from workshop.testing import manifest, refusal
from workshop.testing.failures import PreconditionError
from workshop.testing.manifest import Problem
from workshop.workspace.cluster import CHECKOUT, Cluster, KubectlError

CRD = "deploy/crds/demo.lva.io_icecreams.yaml"

_KIND = "apiextensions.k8s.io/v1/CustomResourceDefinition"
_NAME = "icecreams.demo.lva.io"
_EXPECTED = "the API server to take your CustomResourceDefinition and serve it"


@contextlib.contextmanager
def served(cluster: Cluster, *, look: str) -> Iterator[None]:
    """Icecreams are served inside the `with`; then each CRD goes, whatever its name is, with all of its objects.

    Raises:
        PreconditionError: the API server refuses the CRD, or doesn't serve it; `look` is where to look then.
    """
    text = (CHECKOUT / CRD).read_text(errors="replace")
    if unsound := manifest.problem(text, _KIND, _NAME):
        raise _refused([unsound], look)
    try:
        try:
            establish(cluster)
        except (KubectlError, AssertionError) as error:
            message = _message(error)
            if problems := list({each.path: each for each in refusal.problems(text, message)}.values()):
                raise _refused(problems, look) from None
            raise PreconditionError(CRD, expected=_EXPECTED, seen=message, look=look) from None
        yield
    finally:
        cluster.kubectl("delete", "crds", "--all", "--timeout=15s")
        shutil.rmtree(cluster.kubectl_cache)  # the next one may be another


def _refused(problems: Sequence[Problem], look: str) -> PreconditionError:
    return PreconditionError(
        CRD,
        expected="\n".join([_EXPECTED, *(f"wanted in line {each.line}: {each.wanted}" for each in problems)]),
        seen="\n".join(f"in line {each.line}: {each.found}" for each in problems),
        look="\n".join(f"{look}, line {each.line}" + (f": {each.path}" if each.path else "") for each in problems),
    )


def establish(cluster: Cluster) -> None:
    """Have icecreams served from now on.

    Raises:
        KubectlError: the API server refuses the CRD.
        AssertionError: it doesn't serve it.
    """
    cluster.kubectl("apply", "-f", CRD)
    condition = eventually(lambda: _established(cluster), within=10)
    time = {"op": "replace", "path": f"{condition}/lastTransitionTime", "value": "2000-01-01T00:00:00Z"}
    cluster.kubectl("patch", "crd", _NAME, "--subresource=status", "--type=json", f"-p={json.dumps([time])}")
    eventually(lambda: _answers(cluster), within=10)


def _established(cluster: Cluster) -> str:
    """Where the condition stands. (`kubectl wait` fails as long as there are no conditions at all.)"""
    conditions = cluster.get("crd", _NAME)["status"].get("conditions") or []
    held = [condition["type"] if condition["status"] == "True" else "" for condition in conditions]
    assert "Established" in held, f"it is not established: {json.dumps(conditions)}"
    return f"/status/conditions/{held.index('Established')}"


def _answers(cluster: Cluster) -> None:
    """Ask for one by its name: in the first second, a list would wait for the API server's cache."""
    try:
        cluster.kubectl("get", "icecream", "nobody", "--ignore-not-found")
    except KubectlError as error:
        raise AssertionError(_message(error)) from None


def _message(error: Exception) -> str:
    """What is wrong, without the command."""
    return str(error).partition(": ")[2] if isinstance(error, KubectlError) else str(error)
