"""What lesson.toml may say, and how it says what is wrong: file, line and key."""

import pytest

from workshop.course import definition
from workshop.course.errors import CourseError
from workshop.course.lesson import Course

from ..made_up_course import COURSE, ONE, Clone

PATH = "lessons/01-price/lesson.toml"


def parse(text: str, path: str = PATH) -> Course:
    return definition.parse({definition.COURSE: COURSE, path: text})


def test_a_lesson_is_what_its_file_says() -> None:
    [lesson] = parse(ONE).lessons
    assert (lesson.number, lesson.title, lesson.minutes) == ("01", "What a scoop costs", 10)
    assert (lesson.tag, lesson.start_tag) == ("lesson-01-price", "lesson-01-price-start")
    [exercise] = lesson.exercises
    assert (exercise.file, exercise.place) == ("shop/price.py", "price")
    assert exercise.hints == ("Think of one scoop.", "A scoop costs two.")


@pytest.mark.parametrize("name", ["1", "01", "01-price"])
def test_a_lesson_is_found_by_number_and_by_name(clone: Clone, name: str) -> None:
    assert clone.course.lesson(name).name == "01-price"


def test_a_lesson_that_isnt_there_is_answered_by_those_that_are(clone: Clone) -> None:
    with pytest.raises(CourseError, match=r"no lesson .07.\. There are: 01-price, 02-cone"):
        clone.course.lesson("07")


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("minutes = 10", "minutes = 'ten'", "line 2: minutes must be a positive integer, not 'ten'"),
        ("minutes = 10", "minutes = true", "line 2: minutes must be a positive integer"),
        ("minutes = 10\n", "", "line 1: minutes is missing"),
        ("minutes = 10", "minutes = 10\nauthor = 'me'", "line 3: author is not a key"),
        ('title = "What a scoop costs"', "title = ' '", "line 1: title must be a text"),
        ('adds = ["shop/price.py"]', "adds = 'shop/price.py'", "line 3: adds must be a list of texts"),
        ('adds = ["shop/price.py"]', "adds = ['../price.py']", "line 3: adds has '../price.py'"),
        ('adds = ["shop/price.py"]', "adds = ['a', 'a']", "line 3: adds has a twice"),
        ('file = "shop/price.py"', "file = '/etc/passwd'", r"line 7: \[\[exercise\]\] file must be a path inside"),
        ('place = "price"\n', "", r"line 5: \[\[exercise\]\] place is missing"),
        ('title = "The price"', "titel = 'x'", r"line 5: \[\[exercise\]\] title is missing"),
        ('"test_no_scoop_costs_nothing"', '"no_scoop"', r"line 9: \[\[exercise\]\] checks must name"),
        ("[[exercise]]", "[exercise]", r"line 5: exercise must be written as \[\[exercise\]\]"),
        ("minutes = 10", "minutes = ", "not TOML: .*line 2"),
    ],
)
def test_what_is_wrong_is_named_by_file_line_and_key(old: str, new: str, message: str) -> None:
    assert old in ONE
    with pytest.raises(CourseError, match=f"^{PATH}.*{message}"):
        parse(ONE.replace(old, new))


def test_the_second_exercise_is_searched_in_its_own_lines() -> None:
    second = ONE[ONE.index("[[exercise]]") :].replace('why = "', 'why = 5 # "')
    with pytest.raises(CourseError, match=r"line 19: \[\[exercise\]\] why must be a text"):
        parse(f"{ONE}\n{second}")


def test_two_lessons_of_one_number_are_refused() -> None:
    files = {definition.COURSE: COURSE, PATH: ONE, "lessons/01-other/lesson.toml": ONE}
    with pytest.raises(CourseError, match="there are two lessons 01"):
        definition.parse(files)


def test_a_folder_that_isnt_named_as_a_lesson_is_refused() -> None:
    with pytest.raises(CourseError, match="named by two digits and a word"):
        parse(ONE, "lessons/price/lesson.toml")
