"""A plain client of the API server, for tests and for the process that they kill: it imports little, so starts fast."""

import base64
import http.client
import json
import ssl
from collections.abc import Iterator
from contextlib import AbstractContextManager, closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

NAMESPACE = "faults"
SECRETS = f"/api/v1/namespaces/{NAMESPACE}/secrets"
MERGE_PATCH = "application/merge-patch+json"


@dataclass(frozen=True)
class Reply:
    status: int
    headers: http.client.HTTPMessage
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@dataclass
class Client:
    """A client without any cleverness: one connection for each request, no retries."""

    kubeconfig: Path
    config: dict[str, Any] = field(init=False)

    def __post_init__(self) -> None:
        self.config = json.loads(self.kubeconfig.read_text())

    @contextmanager
    def open(
        self, method: str, target: str, body: object = None, content_type: str = "application/json", **more: str
    ) -> Iterator[http.client.HTTPResponse]:
        """Send a request, with `more` headers, and give its answer, unread."""
        cluster = self.config["clusters"][0]["cluster"]
        ca = base64.b64decode(cluster["certificate-authority-data"]).decode()
        context = ssl.create_default_context(cadata=ca)
        server = urlsplit(cluster["server"])
        token = self.config["users"][0]["user"]["token"]
        headers = {"Content-Type": content_type, "Authorization": f"Bearer {token}"} | more
        connection = http.client.HTTPSConnection(str(server.hostname), server.port, context=context, timeout=20)
        with closing(connection):
            connection.request(method, target, None if body is None else json.dumps(body), headers)
            with connection.getresponse() as response:
                yield response

    def send(
        self, method: str, target: str, body: object = None, content_type: str = "application/json", **more: str
    ) -> Reply:
        with self.open(method, target, body, content_type, **more) as response:
            return Reply(response.status, response.headers, response.read())

    def create(self, name: str) -> Reply:
        return self.send("POST", SECRETS, secret(name))

    def patch(self, name: str, **data: str) -> Reply:
        return self.send("PATCH", f"{SECRETS}/{name}", {"stringData": data}, MERGE_PATCH)

    def watch(self, resource_version: str = "", **query: str) -> AbstractContextManager[http.client.HTTPResponse]:
        """The open stream of a watch."""
        more = "".join(f"&{key}={value}" for key, value in query.items())
        return self.open("GET", f"{SECRETS}?watch=1&resourceVersion={resource_version}{more}")

    def names(self, query: str = "") -> set[str]:
        return {item["metadata"]["name"] for item in self.send("GET", SECRETS + query).json["items"]}

    def version(self) -> str:
        """The most recent resourceVersion."""
        return str(self.send("GET", SECRETS).json["metadata"]["resourceVersion"])


def secret(name: str, **data: str) -> dict[str, Any]:
    return {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": name}, "stringData": data}
