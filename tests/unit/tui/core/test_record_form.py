"""Fields of a record as lines of a form: texts and values, there and back."""

from typing import Annotated, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crystalmath_server.protocol.errors import InvalidForm
from crystalmath_server.protocol.method import Bound, Doc, Length
from crystalmath_server.protocol.record import record
from crystalmath_tui.core.record_form import help_of, rows, text_of, value_of


@record
class Wish:
    """What somebody wants."""

    word: Annotated[str, Length(0, 5), Doc("a short word")] = "yes"
    count_all: Annotated[int, Bound(0, 10)] = 3
    limit: Annotated[float, Bound(0, 1e5), Doc("largest", "MB", title="up to MB")] = 50.0
    gently: bool = False
    names: tuple[str, ...] = ()
    pk: Annotated[int | None, Bound(1)] = None


def test_a_line_has_title_default_help_and_choices() -> None:
    lines = {row.name: row for row in rows(Wish, ("word", "count_all", "limit", "gently", "names"))}
    assert [row.title for row in lines.values()] == ["word", "count all", "up to MB", "gently", "names"]
    assert [row.text.text for row in lines.values()] == ["yes", "3", "50", "no", ""]
    assert (lines["gently"].choices, lines["word"].choices) == (("no", "yes"), ())
    assert (help_of(Wish, "word"), help_of(Wish, "gently")) == ("A short word.", "")


@pytest.mark.parametrize(
    "name, text, value",
    [
        ("word", "no", "no"),
        ("count_all", "10", 10),
        ("limit", "2.5", 2.5),
        ("limit", "7", 7.0),
        ("gently", "yes", True),
        ("names", "a, b c", ("a", "b", "c")),
        ("names", "", ()),
        ("pk", "", None),
        ("pk", "42", 42),
    ],
)
def test_a_text_means_a_value(name: str, text: str, value: Any) -> None:
    assert value_of(Wish, name, text) == value
    assert type(value_of(Wish, name, text)) is type(value)


@pytest.mark.parametrize(
    "name, text, words",
    [
        ("word", "longer", "at most 5 characters"),
        ("count_all", "11", "a whole number from 0 to 10"),
        ("count_all", "", "a whole number from 0 to 10"),
        ("count_all", "1.5", "a whole number"),
        ("limit", "nan", "a number from 0 to 100000"),
        ("limit", "x", "a number"),
        ("pk", "0", "a whole number from 1"),
        ("pk", "9" * 5000, "a whole number"),
    ],
)
def test_a_text_without_a_value_is_refused_at_its_field(name: str, text: str, words: str) -> None:
    with pytest.raises(InvalidForm, match=words) as caught:
        value_of(Wish, name, text)
    assert caught.value.data.field == name


@given(st.floats(0, 1e5) | st.integers(0, 10), st.lists(st.from_regex(r"[\w*?]{1,9}", fullmatch=True)))
def test_what_is_shown_reads_back(number: float, names: list[str]) -> None:
    assert value_of(Wish, "limit", text_of(float(number))) == number
    assert value_of(Wish, "names", text_of(tuple(names))) == tuple(names)
