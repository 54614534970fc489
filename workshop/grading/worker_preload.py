"""What a process has imported and started that waits for checks to run: what they need, and nothing of a student's."""

import pytest  # noqa: F401

from workshop import faults  # noqa: F401
from workshop.testing import operator_process, shop  # noqa: F401

operator_process.prepare()
