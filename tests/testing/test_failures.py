"""What a red check says of an exception."""

from collections.abc import Callable
from pathlib import Path

import pytest

from workshop.testing.failures import broken_file, explain

FILE = "shop/price.py"


def error_of(root: Path, text: str, call: Callable[[dict[str, object]], object] = lambda _: None) -> BaseException:
    """What ends `text` in the student's file, or a call of what it defines."""
    file = root / FILE
    file.parent.mkdir()
    file.write_text(text)
    names: dict[str, object] = {}
    with pytest.raises(BaseException) as caught:  # noqa: PT011, PT012
        exec(compile(text, str(file), "exec"), names)  # noqa: S102
        call(names)
    return caught.value


@pytest.mark.parametrize("text", ["price = = 2\n", "price = 1 / 0\n", "def price():\nreturn 2\n"])
def test_a_file_that_cannot_be_imported_is_named(tmp_path: Path, text: str) -> None:
    error = error_of(tmp_path, text)
    assert broken_file(error, tmp_path, {FILE}) == FILE
    assert broken_file(error, tmp_path, {"shop/other.py"}) == ""


def test_a_coroutine_that_is_taken_for_its_result_makes_one_ask_for_an_await(tmp_path: Path) -> None:
    text = "async def price():\n    return 2\ndef double():\n    coroutine = price()\n    coroutine.close()\n"
    error = error_of(tmp_path, f"{text}    return coroutine.amount\n", lambda names: names["double"]())  # type: ignore[operator]
    explanation = explain(error, tmp_path, {FILE})
    assert explanation.seen == "AttributeError: 'coroutine' object has no attribute 'amount' (is an await forgotten?)"
    assert explanation.look == f"{FILE}, line 6, in double: return coroutine.amount"
