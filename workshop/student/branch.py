"""Puts a student on a branch of their own for a lesson: what the lesson gives, and all that they wrote before.

What a lesson gives is one commit, the one that its start tag names; on top of a student's branch it is a cherry-pick,
so git keeps what the student wrote, and says where both changed the same file.
"""

from dataclasses import dataclass

from workshop.course import tags
from workshop.course.errors import CourseError
from workshop.course.git import Git, GitError
from workshop.course.lesson import Course, Lesson


@dataclass(frozen=True)
class Started:
    """The branch that the student is on now; `again` if it was there before."""

    branch: str
    again: bool


def branch_of(lesson: Lesson) -> str:
    """Return the name of a student's own branch for a lesson."""
    return f"my-{lesson.name}"


def start(git: Git, course: Course, lesson: Lesson, *, from_solution: bool) -> Started:
    """Switch to the student's branch for `lesson`; the first time, make it, on top of the lesson before.

    `from_solution` begins with the reference for all earlier lessons instead.

    Raises:
        CourseError: that would lose something, or isn't possible; nothing has changed then.
    """
    branch = branch_of(lesson)
    if _current(git) == branch and not from_solution:
        return Started(branch, again=True)
    _refuse_to_lose_work(git)
    tags.make(git)
    if _is_there(git, f"refs/heads/{branch}"):
        if from_solution:
            raise CourseError(
                f"You have a branch {branch} already. Keep it under another name first: git branch --move {branch} old"
            )
        git.run("switch", branch)
        return Started(branch, again=True)
    if not _is_there(git, f"refs/tags/{lesson.start_tag}"):
        raise CourseError(f"There is no tag {lesson.start_tag}. On main: workshop tags")
    before = course.before(lesson)
    if before is None or from_solution:
        git.run("switch", "--no-track", "--create", branch, lesson.start_tag)
    else:
        _go_on(git, before, lesson)
    return Started(branch, again=False)


def _go_on(git: Git, before: Lesson, lesson: Lesson) -> None:
    mine = branch_of(before)
    if not _is_there(git, f"refs/heads/{mine}"):
        raise CourseError(
            f"You haven't begun lesson {before.number}, so there is nothing of yours to go on from. "
            f"Begin with it (make start LESSON={before.number}), "
            f"or take the reference for what comes before: make start LESSON={lesson.number} FROM_SOLUTION=1"
        )
    was = _current(git)
    back = ["switch", was] if was else ["switch", "--detach", git.run("rev-parse", "HEAD").strip()]
    git.run("switch", "--no-track", "--create", branch_of(lesson), mine)
    try:
        git.run("-c", "commit.gpgSign=false", "cherry-pick", "--allow-empty", lesson.start_tag, env=_COMMITTER)
    except GitError as error:
        both = git.run("diff", "--name-only", "--diff-filter=U").split()
        git.succeeds("cherry-pick", "--abort")  # there is none to abort where git refused to begin
        git.run(*back)
        git.run("branch", "--delete", "--force", branch_of(lesson))
        raise _both_changed(both, before, lesson) if both else error from None


def _both_changed(files: list[str], before: Lesson, lesson: Lesson) -> CourseError:
    mine = branch_of(before)
    return CourseError(
        f"You and lesson {lesson.number} have both changed {', '.join(files)}, so it is not clear what to keep. "
        f"Nothing has changed. Put that back on {mine} to what lesson {before.number} gave, and start again:\n"
        f"  git switch {mine} && git checkout {before.tag} -- {' '.join(files)} && git commit --message 'Put back'"
    )


def _refuse_to_lose_work(git: Git) -> None:
    if changed := git.run("status", "--porcelain", "--untracked-files=no").splitlines():
        files = ", ".join(line[3:] for line in changed[:5])
        deleted = [line[3:] for line in changed if "D" in line[:2]]
        back = f"Deleted by mistake? git restore {' '.join(deleted)}\n" if deleted else ""
        raise CourseError(
            f"You have changes that aren't committed: {files}. Nothing has been touched.\n{back}"
            "Keep them first:\n  git commit --all --message 'What I have so far'\nand then start again."
        )


def _current(git: Git) -> str:
    """The branch that is checked out, empty if none is."""
    return git.run("branch", "--show-current").strip()


def _is_there(git: Git, ref: str) -> bool:
    return git.succeeds("show-ref", "--verify", "--quiet", ref)


_COMMITTER = {"GIT_COMMITTER_NAME": "Icecream workshop", "GIT_COMMITTER_EMAIL": "student@icecream-workshop.invalid"}
