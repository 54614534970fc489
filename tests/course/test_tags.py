"""Stages as git tags: one line of history, the same for the same main, and nobody else's tags touched."""

import shutil
import subprocess
from pathlib import Path

import pytest

from workshop.course import tags
from workshop.course.errors import CourseError

from ..made_up_course import Clone


def test_two_tags_for_each_lesson_on_one_line_of_history(clone: Clone) -> None:
    tags.make(clone.git)
    assert clone.run("tag", "--list").split() == [
        "lesson-01-price",
        "lesson-01-price-start",
        "lesson-02-cone",
        "lesson-02-cone-start",
    ]
    assert clone.run("log", "--format=%s", "lesson-02-cone").splitlines() == [
        "Lesson 02-cone: What a cone holds",
        "Lesson 02-cone: What a cone holds: what a student begins with",
        "Lesson 01-price: What a scoop costs",
        "Lesson 01-price: What a scoop costs: what a student begins with",
        "The workshop, before the first lesson",
    ]


def test_the_difference_of_two_stages_is_the_lesson(clone: Clone) -> None:
    tags.make(clone.git)
    assert clone.run("diff", "--name-status", "lesson-01-price", "lesson-02-cone").splitlines() == [
        "M\t.stage",
        "A\tlessons/02-cone/lesson.md",
        "A\tlessons/02-cone/lesson.toml",
        "A\tlessons/02-cone/test_cone.py",
        "A\tshop/cone.py",
        "A\tshop/cones/waffle.py",
        "M\tshop/steps.py",
    ]
    assert clone.run("diff", "--name-only", "lesson-02-cone-start", "lesson-02-cone").split() == ["shop/cone.py"]


def test_the_same_main_gives_the_same_hashes(clone: Clone, tmp_path: Path) -> None:
    first = tags.make(clone.git)
    copy = Clone(shutil.copytree(clone.root, tmp_path / "copy"))
    clone.run("commit", "--quiet", "--allow-empty", "--message", "Another commit of the same tree")
    assert tags.make(clone.git) == first
    shutil.rmtree(copy.root / ".git")
    copy.run("init", "--quiet")
    copy.commit("By somebody else, later")
    assert tags.make(copy.git) == first


def test_another_main_moves_the_tags(clone: Clone) -> None:
    first = tags.make(clone.git)
    clone.write("shop/cone.py", "def fits(scoops):\n    return scoops < 4\n")
    clone.commit()
    second = tags.make(clone.git)
    assert [tag for tag in first if first[tag] != second[tag]] == ["lesson-02-cone"]
    assert clone.run("rev-parse", "lesson-02-cone").strip() == second["lesson-02-cone"]


def test_neither_work_tree_nor_index_nor_head_is_touched(clone: Clone) -> None:
    clone.write("README.md", "Changed.\n")
    clone.write("shop/price.py", "staged\n")
    clone.run("add", "shop/price.py")
    before = clone.run("status", "--porcelain", "--branch"), clone.run("diff"), clone.run("diff", "--cached")
    tags.make(clone.git)
    assert (clone.run("status", "--porcelain", "--branch"), clone.run("diff"), clone.run("diff", "--cached")) == before


def test_only_what_is_committed_counts(clone: Clone) -> None:
    first = tags.make(clone.git)
    clone.write("shop/price.py", "not committed\n")
    clone.write("lessons/02-cone/lesson.toml", "not even TOML")
    assert tags.make(clone.git) == first


@pytest.mark.parametrize("options", [[], ["--annotate", "--message=mine"]])
def test_a_tag_of_somebody_elses_is_left_alone(clone: Clone, options: list[str]) -> None:
    clone.run("tag", *options, "lesson-02-cone")
    mine = clone.run("rev-parse", "lesson-02-cone")
    with pytest.raises(CourseError, match=r"lesson-02-cone is there .* git tag --delete lesson-02-cone"):
        tags.make(clone.git)
    assert clone.run("rev-parse", "lesson-02-cone") == mine
    assert clone.run("tag", "--list").split() == ["lesson-02-cone"]


def test_tags_of_a_lesson_that_is_gone_go_and_others_stay(clone: Clone) -> None:
    tags.make(clone.git)
    clone.run("tag", "lesson-plans")
    clone.run("rm", "-r", "--quiet", "lessons/02-cone", "shop/cone.py", "shop/cones")
    clone.commit()
    tags.make(clone.git)
    assert clone.run("tag", "--list").split() == ["lesson-01-price", "lesson-01-price-start", "lesson-plans"]


@pytest.mark.parametrize("tag", ["lesson-01-price", "lesson-02-cone-start"])
def test_a_stage_knows_which_it_is_and_makes_no_tags(clone: Clone, tag: str) -> None:
    before = tags.make(clone.git)
    clone.run("switch", "--quiet", "--detach", tag)
    assert clone.read(".stage").strip() in tag
    assert tags.make(clone.git) == {}
    assert clone.run("rev-parse", *before).split() == list(before.values())
    assert [lesson.name for lesson in tags.whole_course(clone.git).lessons] == ["01-price", "02-cone"]


def test_executables_stay_executable(clone: Clone) -> None:
    (clone.root / "README.md").chmod(0o755)
    clone.commit()
    tags.make(clone.git)
    assert clone.run("ls-tree", "lesson-01-price", "README.md").startswith("100755")


def test_it_works_from_a_git_hook(clone: Clone, monkeypatch: pytest.MonkeyPatch) -> None:
    for variable in ("GIT_DIR", "GIT_INDEX_FILE"):
        monkeypatch.setenv(variable, str(clone.root / "of-the-hook"))
    assert tags.make(clone.git)
    assert not (clone.root / "of-the-hook").exists()


def test_a_user_who_signs_everything_isnt_asked_to(clone: Clone) -> None:
    for key in ("commit.gpgSign", "tag.gpgSign"):
        subprocess.run(["git", "config", key, "true"], cwd=clone.root, check=True)
    assert tags.make(clone.git)
