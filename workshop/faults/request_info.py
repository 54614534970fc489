"""What a request is to Kubernetes: verb, resource and name, as in the API server's own RequestInfo."""

import json
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from workshop.faults.actions import HttpRequest

_VERBS = {"POST": "create", "PUT": "update", "PATCH": "patch", "DELETE": "delete", "GET": "get"}
_WRITES = {"create", "update", "patch", "delete", "deletecollection"}
_NOT_STORED = {"authentication.k8s.io", "authorization.k8s.io"}  # a POST there is a question: may I, who is this
_OF_NAMESPACES = {"status", "finalize"}


@dataclass(frozen=True)
class RequestInfo:
    """A request to the API server. All but `verb` and `path` are empty if it is about no resource (`/version`).

    `query` has the last value of each parameter.
    """

    verb: str
    path: str
    group: str
    resource: str
    namespace: str
    name: str
    subresource: str
    query: dict[str, str]
    body: bytes

    @classmethod
    def of(cls, request: HttpRequest) -> "RequestInfo":
        """Read a request (k8s.io/apiserver `pkg/endpoints/request/requestinfo.go`)."""
        url = urlsplit(request.target)
        query = dict(parse_qsl(url.query, keep_blank_values=True))
        group, parts = _group(url.path.strip("/").split("/"))
        namespace = ""
        if parts[:1] == ["namespaces"] and len(parts) > 2 and parts[2] not in _OF_NAMESPACES:
            namespace, parts = parts[1], parts[2:]
        resource, name, subresource = (*parts, "", "", "")[:3]
        verb = _verb(request.method, resource, name, watch=query.get("watch", "") in ("1", "true"))
        return cls(verb, url.path, group, resource, namespace, name, subresource, query, request.body)

    @property
    def writes(self) -> bool:
        """Whether it changes what is stored, if it succeeds."""
        return self.verb in _WRITES and self.group not in _NOT_STORED and self.query.get("dryRun") != "All"

    @property
    def watches_from(self) -> str:
        """The resourceVersion after which a watch wants to begin; empty if it doesn't mind, or is no watch."""
        if self.verb != "watch" or self.query.get("sendInitialEvents") == "true":
            return ""
        version = self.query.get("resourceVersion", "")
        return "" if version == "0" else version

    @property
    def is_guarded(self) -> bool:
        """Whether the API server may find the object other than the client saw it, and say so.

        An update or patch can always meet another one; a delete only says so where it carries preconditions.
        """
        return self.verb in ("update", "patch") or (
            self.verb == "delete" and bool(self._options().get("preconditions"))
        )

    def __str__(self) -> str:
        """Verb and object, for people: `patch icecreams/vanilla/status`."""
        about = "/".join(filter(None, (self.namespace, self.resource, self.name, self.subresource))) or self.path
        return f"{self.verb} {about}"

    def _options(self) -> dict[str, Any]:
        try:
            options = json.loads(self.body or b"{}")
        except ValueError:  # protobuf
            return {}
        return options if isinstance(options, dict) else {}


def _group(parts: list[str]) -> tuple[str, list[str]]:
    """Split a path into its API group ("" is the core) and what comes after the version."""
    match parts:
        case ["api", _, *rest]:
            return "", rest
        case ["apis", group, _, *rest]:
            return group, rest
        case _:
            return "", []


def _verb(method: str, resource: str, name: str, *, watch: bool) -> str:
    verb = _VERBS.get(method, method.lower())
    if resource and not name:
        return {"get": "watch" if watch else "list", "delete": "deletecollection"}.get(verb, verb)
    return verb
