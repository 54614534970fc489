"""What the process imports from which operators are forked (`operator_process`). It ends with that of the checks.

Nothing of the operators' own is imported here: each fork sees the code as it lies in the folder.
"""

import kopf  # noqa: F401
import prometheus_client  # noqa: F401
import uvloop  # noqa: F401
from kubernetes.aio.client import CustomObjectsApi, EventsV1Api  # noqa: F401

from workshop.system import processes

processes.die_with_parent()
