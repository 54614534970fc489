"""The commands on a page, and whether what they print is what the page shows."""

import pytest

from workshop.course.page import Command, commands

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

```console
$ true
```
"""


def test_commands_are_found_with_their_lines_and_outputs() -> None:
    assert list(commands(PAGE)) == [
        Command(4, "kubectl get icecreams", "NAME   AGE\nmine   ...s"),
        Command(7, "cat <<EOF\none\nEOF", "the output"),
        Command(18, "true", ""),
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
