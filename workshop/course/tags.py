"""Two tags for each lesson, on one line of history that hangs on nothing: the same main gives the same hashes."""

from collections.abc import Iterator

from workshop.course import definition, stages
from workshop.course.errors import CourseError
from workshop.course.git import IDENTITY, Git
from workshop.course.lesson import Course, Lesson
from workshop.course.stages import Tree

STAGE_FILE = ".stage"


def course_at(git: Git, tree: Tree) -> Course:
    """Return the course that a tree of git's defines.

    Raises:
        CourseError: it can't be read.
    """
    paths = filter(definition.is_definition, tree)
    return definition.parse({path: git.run("cat-file", "blob", tree[path].split()[1]) for path in paths})


def whole_course(git: Git) -> Course:
    """Return all of the course, also inside a stage tree, which knows its own lessons and those before.

    Raises:
        CourseError: this is a stage tree and the tags are gone, or the course can't be read.
    """
    main = git.tree("HEAD")
    if STAGE_FILE in main:
        _, ours = _existing(git)
        if not ours:
            raise CourseError("This is a lesson's stage, and the tags of the lessons are gone. On main: workshop tags")
        main = git.tree(f"refs/tags/{max(ours)}")
    return course_at(git, main)


def make(git: Git) -> dict[str, str]:
    """Make the tags of the commit that is checked out, and return their commits; none inside a stage tree.

    Tags of lessons that are gone go too.

    Raises:
        CourseError: a tag of that name is there and isn't ours, or the course can't be read.
    """
    main = git.tree("HEAD")
    if STAGE_FILE in main:
        return {}
    course = course_at(git, main)
    wanted = commits(git, course, main)
    there, ours = _existing(git)
    if foreign := sorted(set(wanted) & (set(there) - ours)):
        raise CourseError(
            f"The tag {foreign[0]} is there and wasn't made by `workshop tags`, so it stays as it is. "
            f"Rename or delete it, then again: git tag --delete {foreign[0]}"
        )
    updates = [f"update refs/tags/{tag} {commit}" for tag, commit in wanted.items() if there.get(tag) != commit]
    updates += [f"delete refs/tags/{tag} {there[tag]}" for tag in ours - set(wanted)]
    git.run("update-ref", "--stdin", stdin="".join(f"{line}\n" for line in updates))
    return wanted


def commits(git: Git, course: Course, main: Tree) -> dict[str, str]:
    """Store a commit for each tag, and return them by tag, oldest first."""
    tree = git.write_tree(stages.stage(course, main, None))
    parent = git.commit(tree, "The workshop, before the first lesson", None)
    made = {}
    for tag, message, tree in _stages(git, course, main):
        made[tag] = parent = git.commit(tree, message, parent)
    return made


def _stages(git: Git, course: Course, main: Tree) -> Iterator[tuple[str, str, str]]:
    for lesson in course.lessons:
        title = f"Lesson {lesson.name}: {lesson.title}"
        yield lesson.start_tag, f"{title}: what a student begins with", start_tree(git, course, main, lesson)
        yield lesson.tag, title, stage_tree(git, course, main, lesson)


def start_tree(git: Git, course: Course, main: Tree, lesson: Lesson) -> str:
    """Store the tree with which a student begins, and return its hash."""
    return _marked(git, stages.start(course, main, lesson), lesson)


def stage_tree(git: Git, course: Course, main: Tree, lesson: Lesson) -> str:
    """Store the tree of a lesson with its exercises solved, and return its hash."""
    return _marked(git, stages.stage(course, main, lesson), lesson)


def _marked(git: Git, tree: dict[str, str], lesson: Lesson) -> str:
    return git.write_tree(tree | {STAGE_FILE: git.write_file(f"{lesson.name}\n")})


def _existing(git: Git) -> tuple[dict[str, str], set[str]]:
    """All tags that look like a lesson's, with what they name, and those of them that we made."""
    line = "%(refname:lstrip=2) %(objectname) %(committeremail)"  # an annotated tag has no committer
    listed = [row.split(" ") for row in git.run("for-each-ref", f"--format={line}", "refs/tags/lesson-*").splitlines()]
    return {tag: name for tag, name, _ in listed}, {tag for tag, _, email in listed if email == f"<{IDENTITY[1]}>"}
