"""The commands on a page, and whether what they print is what the page shows."""

import pytest

from workshop.course.console_commands import Command, commands, end_of_exercises

PAGE = """\
# A page

```console
$ kubectl get icecreams
NAME   AGE
mine   ...s
$ cat <<EOF
> one
> EOF
the output
```

```text
$ not a command
```

````text
```console
$ not a command
```
````

```console
$ true
```
"""


def test_commands_have_their_lines_and_outputs() -> None:
    assert list(commands(PAGE)) == [
        Command(4, "kubectl get icecreams", "NAME   AGE\nmine   ...s"),
        Command(7, "cat <<EOF\none\nEOF", "the output"),
        Command(24, "true", ""),
    ]


@pytest.mark.parametrize(
    ("shows", "printed", "same"),
    [
        ("one", "one\n", True),
        ("one", "two", False),
        ("one", "one two", False),
        ("one.", "onex", False),
        ("age ...s", "age 12s", True),
        ("age ...s", "age 12m", False),
        ("first\n...\nlast", "first\nlast", True),
        ("first\n...\nlast", "first\nand\nso on\nlast", True),
        ("first\n...\nlast", "first\nand so on", False),
        ("first\n...", "first", True),
        ("first\n...", "first\nand so on", True),
        ("...", "", True),
        ("...", "anything", True),
        ("", "something", False),
    ],
)
def test_three_dots_stand_for_anything(shows: str, printed: str, same: bool) -> None:
    assert Command(1, "a command", shows).printed(printed) is same


def test_a_command_in_a_list_is_a_command() -> None:
    assert list(commands("1. Do:\n\n    ```console\n    $ true\n    ```\n")) == [Command(4, "true", "")]


@pytest.mark.parametrize(
    ("page", "line"),
    [
        ("# A page\n\n## Exercises\n\n### One\n\n## Break it\n\n## The same in Go\n", 7),
        ("## Exercises\n\n```sh\n## no heading\n```\n\n## Break it\n", 7),
        ("````text\n## Exercises\n````\n\n## Break it\n", 6),
        ("## The story\n\n## Exercises\n", 4),
        ("# A page\n", 2),
    ],
)
def test_the_exercises_end_at_the_next_section_or_with_the_page(page: str, line: int) -> None:
    assert end_of_exercises(page) == line
