"""What the process imports from which operators are forked (`operator_process`), and nothing of the operators' own.

So each fork sees the operator's code as it lies in the folder. The process ends with the one that started it; what had
ended before this is imported, Python's fork server notices itself.
"""

import os
import signal

import kopf  # noqa: F401
import prometheus_client  # noqa: F401
import sqlalchemy.dialects.sqlite  # noqa: F401
import uvloop  # noqa: F401
from cryptography import x509  # noqa: F401
from kubernetes.aio.client import CustomObjectsApi, EventsV1Api  # noqa: F401

from workshop.system import processes
from workshop.testing import operator_process, stack_dump  # noqa: F401

processes.die_with_parent(os.getppid())
signal.signal(stack_dump.SIGNAL, signal.SIG_IGN)  # until a fork can answer it
