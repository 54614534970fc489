"""What kopf keeps to itself, and we use all the same: nobody else here names its private parts.

Each has a test that fails when a new kopf has no such part, or does something else with it.
"""

import asyncio
import logging

from kopf._core.engines.admission import WebhookError

_STOPPED_TASKS = ("kopf._core.reactor.orchestration", "kopf._core.reactor.running")

UnanswerableReviewError = WebhookError
"""What kopf raises for an AdmissionReview that it can't answer: of a resource for which it has no handler, say."""


def silence_stopped_tasks() -> None:
    """Keep kopf from logging why a watch, and with it the operator, has ended: two tracebacks for one cause.

    The cause is raised by `kopf.operator` too, so whoever runs that can say it in a line.
    """
    for name in _STOPPED_TASKS:
        logging.getLogger(name).setLevel(logging.CRITICAL)


def silence_refusals() -> None:
    """Keep kopf from logging as an error that an admission handler has refused something: it was the user's."""
    logging.getLogger("kopf.objects").addFilter(_is_no_refusal)


def _is_no_refusal(record: logging.LogRecord) -> bool:
    return " failed permanently: " not in record.getMessage()


def object_reference(name: str, namespace: str) -> dict[str, object]:
    """Return the attributes of a log record by which kopf's formatters name the object that it is about."""
    return {"k8s_ref": {"name": name, "namespace": namespace}}


def is_stopping_watches() -> bool:
    """Whether kopf has begun to cancel its watches. One that has ended makes it cancel the others, once.

    If one doesn't end by that, kopf waits for it for ever; so whoever runs kopf has to cancel it as a whole.
    """
    return any(task.get_name().startswith("watcher for ") and task.cancelling() for task in asyncio.all_tasks())
