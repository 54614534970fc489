"""Log lines that name their object, as text or as JSON, in the form of kopf's own."""

import logging
from typing import Any


def object_logger(logger: logging.Logger, name: str, namespace: str = "") -> logging.LoggerAdapter[Any]:
    """Return a logger whose lines begin with [namespace/]name, or carry it as "object" in kopf's JSON format."""
    return logging.LoggerAdapter(logger, {"k8s_ref": {"name": name, "namespace": namespace}})
