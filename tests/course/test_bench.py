"""A process that waits for checks has not imported what is about to change."""

import json
import subprocess
import sys

from workshop.cluster import CHECKOUT
from workshop.course import lesson as definitions

PROGRAM = (
    "import json, sys, workshop.warm; print(json.dumps([getattr(m, '__file__', '') for m in sys.modules.values()]))"
)


def test_a_process_that_waits_has_imported_nothing_that_a_student_writes() -> None:
    done = subprocess.run([sys.executable, "-c", PROGRAM], cwd=CHECKOUT, check=True, capture_output=True, text=True)
    imported = set(json.loads(done.stdout))
    assert str(CHECKOUT / "workshop/checks/shop.py") in imported
    lessons = definitions.read(CHECKOUT).lessons
    packages = {exercise.file.partition("/")[0] for lesson in lessons for exercise in lesson.exercises}
    assert [
        file for file in imported if file and file.startswith(tuple(f"{CHECKOUT / each}/" for each in packages))
    ] == []
