"""Which file is in which stage."""

from workshop.course import stages
from workshop.course.lesson import Course

from ..made_up_course import Clone


def main_of(clone: Clone) -> dict[str, str]:
    return clone.git.tree("HEAD")


def problems(course: Course, main: dict[str, str]) -> list[str]:
    return [f"{lesson.name if lesson else '-'}: {what}" for lesson, what in stages.problems(course, main)]


def test_a_stage_has_the_base_and_its_own_lessons(clone: Clone) -> None:
    one, _ = clone.course.lessons
    assert set(stages.stage(clone.course, main_of(clone), one)) == {
        "README.md",
        "pyproject.toml",
        "shop/__init__.py",
        "shop/steps.py",
        "shop/price.py",
        "lessons/course.toml",
        "lessons/01-price/lesson.toml",
        "lessons/01-price/lesson.md",
        "lessons/01-price/test_price.py",
    }


def test_before_the_first_lesson_there_is_the_base(clone: Clone) -> None:
    names = set(stages.stage(clone.course, main_of(clone), None))
    assert names == {"README.md", "pyproject.toml", "shop/__init__.py", "shop/steps.py", "lessons/course.toml"}


def test_the_last_stage_is_main_but_for_what_no_lesson_adds_yet(clone: Clone) -> None:
    main = main_of(clone)
    last = stages.stage(clone.course, main, clone.course.lessons[-1])
    assert {path: main[path] for path in last} == last
    left_out = {path for path in set(main) - set(last) if not path.startswith("lessons/")}
    assert left_out == {"shop/ahead.py"}


def test_a_stage_has_the_form_that_a_file_had_then(clone: Clone) -> None:
    main, (one, two) = main_of(clone), clone.course.lessons
    earlier = main["lessons/01-price/stage/shop/steps.py"]
    forms = [stages.stage(clone.course, main, lesson)["shop/steps.py"] for lesson in (None, one, two)]
    assert forms == [earlier, earlier, main["shop/steps.py"]]


def test_of_several_earlier_forms_a_stage_has_the_next_one(clone: Clone) -> None:
    clone.write("lessons/02-cone/stage/shop/steps.py", "STEPS = ('price', 'a cone')\n")
    clone.commit()
    main = main_of(clone)
    forms = [main[f"{lesson.folder}/stage/shop/steps.py"] for lesson in clone.course.lessons]
    stage = [stages.stage(clone.course, main, lesson)["shop/steps.py"] for lesson in clone.course.lessons]
    assert stage == forms


def test_a_file_that_the_base_names_is_the_bases_also_in_a_folder_of_a_lesson(clone: Clone) -> None:
    clone.write("shop/cones/__init__.py", "")
    clone.write("lessons/course.toml", clone.read("lessons/course.toml").replace("[", '["shop/cones/__init__.py", ', 1))
    clone.commit()
    assert "shop/cones/__init__.py" in stages.stage(clone.course, main_of(clone), None)
    assert problems(clone.course, main_of(clone)) == []


def test_of_a_folder_and_a_file_in_it_a_lesson_each_may_add_one(clone: Clone) -> None:
    clone.write(
        "lessons/01-price/lesson.toml", clone.read("lessons/01-price/lesson.toml").replace("shop/price.py", "shop/", 1)
    )
    clone.commit()
    main, (one, two) = main_of(clone), clone.course.lessons
    assert problems(clone.course, main) == []
    assert "shop/price.py" in stages.stage(clone.course, main, one)
    assert "shop/cone.py" not in stages.stage(clone.course, main, one)
    assert "shop/cone.py" in stages.stage(clone.course, main, two)


def test_an_exercise_is_in_a_file_that_the_lesson_adds(clone: Clone) -> None:
    toml = clone.read("lessons/02-cone/lesson.toml").replace('"shop/cone.py", ', "")
    clone.write("lessons/02-cone/lesson.toml", toml)
    assert problems(clone.course, main_of(clone)) == [
        "-: shop/cone.py belongs to no lesson, and not to the base (lessons/course.toml)",
        "02-cone: has an exercise in shop/cone.py, which it doesn't add",
    ]


def test_a_start_has_the_starter_in_place_of_the_exercise(clone: Clone) -> None:
    main, (one, two) = main_of(clone), clone.course.lessons
    start = stages.start(clone.course, main, two)
    assert start["shop/cone.py"] == main["lessons/02-cone/starter/shop/cone.py"]
    assert start["shop/price.py"] == main["shop/price.py"]
    assert "shop/cone.py" not in stages.start(clone.course, main, one)


def test_nothing_is_wrong_with_the_made_up_course(clone: Clone) -> None:
    assert problems(clone.course, main_of(clone)) == []


def test_a_file_of_nobodys_is_named(clone: Clone) -> None:
    clone.write("shop/new.py", "")
    clone.commit()
    assert problems(clone.course, main_of(clone)) == [
        "-: shop/new.py belongs to no lesson, and not to the base (lessons/course.toml)"
    ]


def test_a_file_of_two_lessons_is_named(clone: Clone) -> None:
    toml = clone.read("lessons/01-price/lesson.toml")
    clone.write("lessons/01-price/lesson.toml", toml.replace('"shop/price.py"]', '"shop/price.py", "shop/cones/"]'))
    assert problems(clone.course, main_of(clone)) == ["-: shop/cones/waffle.py belongs to 01-price and to 02-cone"]


def test_a_name_without_a_file_is_named(clone: Clone) -> None:
    (clone.root / "shop/cones/waffle.py").unlink()
    (clone.root / "shop/ahead.py").unlink()
    clone.commit()
    assert problems(clone.course, main_of(clone)) == [
        "-: lessons/course.toml names shop/ahead.py, and there is no such file",
        "02-cone: adds shop/cones/, and there is no such file",
    ]


def test_starters_are_for_exercises_and_exercises_have_starters(clone: Clone) -> None:
    starter = clone.root / "lessons/02-cone/starter/shop/cone.py"
    starter.rename(starter.with_name("spoon.py"))
    clone.commit()
    assert problems(clone.course, main_of(clone)) == [
        "02-cone: has no starter/shop/cone.py, which is an exercise",
        "02-cone: has starter/shop/spoon.py, which is no exercise",
    ]


def test_no_lesson_changes_what_a_student_wrote(clone: Clone) -> None:
    clone.write("lessons/01-price/stage/shop/price.py", "earlier")
    clone.commit()
    assert problems(clone.course, main_of(clone)) == [
        "01-price: has an earlier form of shop/price.py, but no lesson may change what a student writes"
    ]


def test_an_earlier_form_of_what_comes_later_is_named(clone: Clone) -> None:
    clone.write("lessons/01-price/stage/shop/cones/waffle.py", "earlier")
    clone.commit()
    assert problems(clone.course, main_of(clone)) == [
        "01-price: has an earlier form of shop/cones/waffle.py, which isn't in its stage"
    ]
