"""Cells and lines: what is asked for is what comes out, whatever the text."""

import math

from hypothesis import given
from hypothesis import strategies as st

from crystalmath_tui.core.cells import clean, cut, fit, head, width, wrap
from crystalmath_tui.core.lines import Size, beside, fit_line, fit_lines, highlight, line, spread
from crystalmath_tui.core.plot import curve, thin
from crystalmath_tui.core.scroll import Scroll, clamp, move, scroll_top
from crystalmath_tui.core.table import Column, fit_columns
from crystalmath_tui.core.textfield import TextField, edit, field_line, paste
from tests.property.tui_strategies import NAMED_KEYS, TEXTS

CELLS = st.integers(0, 40)
LINES = st.lists(st.tuples(st.just("dim"), TEXTS), max_size=4).map(lambda parts: line(*parts))
COUNTS = st.integers(0, 50)
ACTIONS = st.sampled_from(["down", "up", "page down", "page up", "first", "last", ""])


def cells_of(spans: tuple[tuple[str, str], ...]) -> int:
    return sum(width(text) for _, text in spans)


@given(TEXTS)
def test_clean_leaves_nothing_that_steers(text: str) -> None:
    cleaned = clean(text)
    assert not any(char in cleaned for char in "\x1b\x07\x9b\n\r\t\u202e\u2066\u200b")
    assert clean(cleaned) == cleaned
    cleaned.encode()


@given(TEXTS, CELLS, st.booleans())
def test_fit_is_exact_and_cut_is_no_wider(text: str, cells: int, right: bool) -> None:  # noqa: FBT001
    assert width(fit(text, cells, right=right)) == cells
    assert width(cut(text, cells)) <= cells
    assert clean(text).startswith(head(clean(text), cells))


@given(TEXTS, st.integers(2, 40))
def test_wrap_keeps_every_word_within_the_width(text: str, cells: int) -> None:
    pieces = wrap(text, cells)
    assert all(width(piece) <= cells for piece in pieces)
    kept = "".join("".join(pieces).split())
    assert kept == "".join("".join(clean(part) for part in text.splitlines()).split())


@given(LINES, LINES, st.integers(1, 60), st.integers(1, 10))
def test_lines_are_as_wide_as_asked(one: tuple, other: tuple, cols: int, rows: int) -> None:
    assert cells_of(fit_line(one, cols)) == cols
    assert cells_of(highlight(one, cols)) == cols
    assert cells_of(fit_line(spread(one, other, cols), cols)) == cols
    assert [cells_of(each) for each in fit_lines([one, other], Size(rows, cols))] == [cols] * rows
    panes = beside([one], [other], cols, Size(rows, cols + 20))
    assert [cells_of(each) for each in panes] == [cols + 20] * rows


@given(
    TEXTS, st.integers(0, 40), st.integers(1, 30), st.lists(st.sampled_from(NAMED_KEYS) | TEXTS, max_size=10)
)
def test_a_text_field_shows_its_cursor(text: str, cursor: int, cols: int, keys: list[str]) -> None:
    field = paste(TextField(clean(text), min(cursor, len(clean(text)))), text)
    for key in keys:
        field = edit(field, key) or field
        assert 0 <= field.cursor <= len(field.text)
    shown = field_line(field, cols)
    assert cells_of(shown) == cols
    wide = cols == 1 and width(field.text[field.cursor : field.cursor + 1]) == 2
    assert wide or any(style == "cursor" for style, _ in shown)


@given(st.integers(-5, 60), st.integers(-5, 60), ACTIONS, COUNTS, st.integers(1, 20))
def test_the_selected_row_is_in_sight(index: int, top: int, action: str, count: int, height: int) -> None:
    place = move(clamp(Scroll(index, top), count, height), action, count, height)
    assert 0 <= place.index < max(1, count)
    assert place.top <= place.index < place.top + height
    assert 0 <= place.top <= max(0, count - height)
    assert 0 <= scroll_top(top, action, count, height) <= max(0, count - height)


@given(
    st.lists(
        st.builds(
            lambda low, more, rank: Column(
                name=f"{low}{more}{rank}", title="t", minimum=low, maximum=low + more, rank=rank
            ),
            st.integers(1, 20),
            st.integers(0, 20),
            st.integers(0, 9),
        ),
        min_size=1,
        max_size=8,
        unique_by=lambda column: column.name,
    ),
    st.integers(1, 150),
)
def test_columns_never_exceed_the_width(columns: list[Column], cols: int) -> None:
    table = fit_columns(columns, cols)
    total = sum(width for _, width in table) + 2 * (len(table) - 1)
    assert total <= cols or len(table) == 1
    assert all(column.minimum <= width <= column.maximum for column, width in table)


@given(st.lists(st.floats(-1e300, 1e300), max_size=200), st.integers(0, 12), st.integers(0, 80))
def test_a_curve_has_its_rows_and_both_ends(values: list[float], rows: int, cols: int) -> None:
    shown = curve(values, rows, cols)
    assert len(shown) == (rows if values and rows and cols else 0)
    places = thin(len(values), cols)
    assert len(places) <= max(0, cols)
    if values and cols > 1:
        assert places[0] == 0
        assert places[-1] == len(values) - 1
    assert all(math.isfinite(value) for value in values)
