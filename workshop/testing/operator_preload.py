"""What the process imports from which operators are forked (`operator_process`), and nothing of the operators' own.

So each fork sees the operator's code as it lies in the folder. The process ends with the one that started it: Python's
fork server does, as soon as a pipe between the two is closed.
"""

import signal

import kopf  # noqa: F401
import prometheus_client  # noqa: F401
import uvloop  # noqa: F401
from kubernetes.aio.client import CustomObjectsApi, EventsV1Api  # noqa: F401

from workshop.testing import stack_dump

signal.signal(stack_dump.SIGNAL, signal.SIG_IGN)  # until a fork can answer it
