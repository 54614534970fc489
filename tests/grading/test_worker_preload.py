"""A process that waits for checks has not imported what is about to change."""

import json
import subprocess
import sys

from workshop.course import definition
from workshop.workspace.cluster import CHECKOUT

PROGRAM = """
import json, sys
import workshop.grading.worker_preload

print(json.dumps([getattr(module, "__file__", "") for module in sys.modules.values()]))
"""


def test_a_process_that_waits_has_imported_nothing_that_a_student_writes() -> None:
    done = subprocess.run([sys.executable, "-c", PROGRAM], cwd=CHECKOUT, check=True, capture_output=True, text=True)
    imported = set(json.loads(done.stdout))
    assert str(CHECKOUT / "workshop/testing/shop.py") in imported
    lessons = definition.read(CHECKOUT).lessons
    packages = {exercise.file.partition("/")[0] for lesson in lessons for exercise in lesson.exercises}
    assert [
        file for file in imported if file and file.startswith(tuple(f"{CHECKOUT / each}/" for each in packages))
    ] == []
