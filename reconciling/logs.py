"""Log lines that name their object, as text or as JSON, in the form of kopf's own."""

import logging
from typing import Any

from reconciling.kopf_internals import object_reference


def object_logger(logger: logging.Logger, name: str, namespace: str = "") -> logging.LoggerAdapter[Any]:
    """Return a logger whose lines begin with [namespace/]name, or carry it as "object" in kopf's JSON format."""
    return logging.LoggerAdapter(logger, object_reference(name, namespace))
