"""Which file is in which stage. Decided on names alone: a tree is a mapping from paths to what git has there.

`main` holds the finished state and nothing twice. A stage is `main` without what later lessons add, with the earlier
forms that lie under the lessons' `stage/`; its start is the stage before it, with what the lesson adds and its starter.
"""

from collections.abc import Iterator, Mapping
from typing import TypeAlias

from workshop.course.lesson import Course, Lesson

Tree: TypeAlias = Mapping[str, str]  # path in the tree -> "MODE HASH", as git writes it
LATER = "later"
BASE = "base"
_IN_NO_STAGE = ("starter", "wrong", "stage")  # folders of a lesson, which only authors need


def owners(course: Course, path: str) -> list[str]:
    """Return whose a path is: names of lessons, `later`, or `base`. One, if all is well.

    Of several that cover a path, the one who names it most closely has it: a file before a folder, and a folder before
    the one that it lies in.
    """
    names = {
        BASE: course.base,
        **{lesson.name: (*lesson.adds, f"{lesson.folder}/") for lesson in course.lessons},
        LATER: course.later,
    }
    covering = [(len(name), owner) for owner, paths in names.items() for name in paths if _covers((name,), path)]
    closest = max(covering, default=(0, ""))[0]
    return [owner for length, owner in covering if length == closest]


def stage(course: Course, main: Tree, lesson: Lesson | None) -> dict[str, str]:
    """Return the tree after `lesson`, all its exercises solved; after no lesson at all it is the base."""
    names = [each.name for each in course.lessons]
    done = names[: names.index(lesson.name) + 1] if lesson else []
    tree = {path: entry for path, entry in main.items() if _is_in(course, done, path)}
    for later in reversed(course.lessons[max(len(done) - 1, 0) :]):
        tree |= {path: entry for path, entry in files_in(main, later, "stage").items() if path in tree}
    return tree


def start(course: Course, main: Tree, lesson: Lesson) -> dict[str, str]:
    """Return the tree with which a student begins `lesson`."""
    return stage(course, main, lesson) | files_in(main, lesson, "starter")


def files_in(main: Tree, lesson: Lesson, name: str) -> dict[str, str]:
    """Return what lies in a folder of a lesson, by the paths that it has there."""
    prefix = f"{lesson.folder}/{name}/"
    return {path.removeprefix(prefix): entry for path, entry in main.items() if path.startswith(prefix)}


def problems(course: Course, main: Tree) -> Iterator[tuple[Lesson | None, str]]:
    """Yield what keeps the stages from being right: the lesson that it concerns, and a sentence."""
    for path in main:
        match owners(course, path):
            case []:
                yield None, f"{path} belongs to no lesson, and not to the base (lessons/course.toml)"
            case [_]:
                pass
            case several:
                yield None, f"{path} belongs to {' and to '.join(several)}"
    for named in (*course.base, *course.later):
        if not any(_covers((named,), path) for path in main):
            yield None, f"lessons/course.toml names {named}, and there is no such file"
    for lesson in course.lessons:
        yield from ((lesson, problem) for problem in _lesson_problems(course, main, lesson))


def _lesson_problems(course: Course, main: Tree, lesson: Lesson) -> Iterator[str]:
    for added in lesson.adds:
        if not any(_covers((added,), path) for path in main):
            yield f"adds {added}, and there is no such file"
    files = {exercise.file for exercise in lesson.exercises}
    starter, forms = files_in(main, lesson, "starter"), files_in(main, lesson, "stage")
    yield from (f"has no starter/{path}, which is an exercise" for path in sorted(files - set(starter)))
    yield from (f"has starter/{path}, which is no exercise" for path in sorted(set(starter) - files))
    for path in sorted(files):
        if owners(course, path) != [lesson.name]:
            yield f"has an exercise in {path}, which it doesn't add"
    written = {exercise.file for each in course.lessons for exercise in each.exercises}
    for path in sorted(forms):
        if path in written:
            yield f"has an earlier form of {path}, but no lesson may change what a student writes"
        elif path not in stage(course, main, lesson):
            yield f"has an earlier form of {path}, which isn't in its stage"


def _is_in(course: Course, done: list[str], path: str) -> bool:
    parts = path.split("/")
    if len(parts) > 3 and parts[0] == "lessons" and parts[2] in _IN_NO_STAGE:
        return False
    return set(owners(course, path)) <= {BASE, *done}


def _covers(names: tuple[str, ...], path: str) -> bool:
    return any(path == name or (name.endswith("/") and path.startswith(name)) for name in names)
