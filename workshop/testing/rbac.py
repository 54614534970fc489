"""Takes a permission from an operator for a while: a write that fails for sure, until somebody puts it right."""

import contextlib
from collections.abc import Iterator
from typing import Any

from kubernetes.client import ApiClient, AuthorizationV1Api, RbacAuthorizationV1Api

from workshop.system.polling import eventually
from workshop.workspace.operators import Operator


@contextlib.contextmanager
def without(client: ApiClient, operator: Operator, role: str, verb: str, group: str, resource: str) -> Iterator[None]:
    """Have `operator` not allowed to `verb` the `resource` inside the `with`, by a change of its cluster role.

    Raises:
        AssertionError: the API server doesn't take the change in.
    """
    roles = RbacAuthorizationV1Api(client)
    rules: list[dict[str, Any]] = client.sanitize_for_serialization(  # type: ignore[no-untyped-call]
        roles.read_cluster_role(role).rules
    )
    fewer = [{**rule, "verbs": [v for v in rule["verbs"] if v != verb]} for rule in rules]
    roles.patch_cluster_role(role, {"rules": [rule for rule in fewer if rule["verbs"]]})
    try:
        _wait_until(client, operator, verb, group, resource, allowed=False)
        yield
    finally:
        roles.patch_cluster_role(role, {"rules": rules})
        _wait_until(client, operator, verb, group, resource, allowed=True)


def _wait_until(client: ApiClient, operator: Operator, verb: str, group: str, resource: str, *, allowed: bool) -> None:
    kind, _, subresource = resource.partition("/")
    review: Any = {
        "spec": {
            "user": operator.username,
            "resourceAttributes": {"group": group, "resource": kind, "subresource": subresource, "verb": verb},
        }
    }
    reviews: Any = AuthorizationV1Api(client)

    def look() -> None:
        status = reviews.create_subject_access_review(review).status
        assert status.allowed is allowed, (
            f"{operator.username} {'may' if status.allowed else 'may not'} {verb} {resource}, though its role has been"
            f" changed: {status.reason or 'no rule allows it'}"
        )

    eventually(look, every=0.01)  # the API server takes a moment to see that a role has changed
