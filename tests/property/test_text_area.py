"""The text area, whatever is typed: the cursor stays within, undo gives the text back, painting fits."""

from hypothesis import example, given, settings
from hypothesis import strategies as st

from crystalmath_server.protocol.inputs import KnownTag
from crystalmath_tui.core.area_view import Window, area_at, area_lines, cursor_cell, gutter, scroll_to_cursor
from crystalmath_tui.core.cells import width
from crystalmath_tui.core.diff_lines import rows_of, side_by_side
from crystalmath_tui.core.incar_line import assignments, choices, paint_line, spot
from crystalmath_tui.core.inputs import are_other_lines, is_edited
from crystalmath_tui.core.line_cells import cell_of, col_at, overlay, visible_text, window
from crystalmath_tui.core.lines import Line, Size, Span, fit_line, line_width
from crystalmath_tui.core.text_area import Area, area_of, at, edit, paste, redo, rewrite, undo

LETTERS = st.sampled_from("ab =\t;#日é\u0301\u200b\x1b👩1")
TEXTS = st.lists(st.text(LETTERS, max_size=12) | st.just("ENCUT = 520"), max_size=8).map("\n".join)
KEYS = st.sampled_from(
    [
        "a", "b", " ", "=", "日", "\u0301", "enter", "backspace", "delete", "left", "right", "up", "down",
        "home", "end", "page up", "page down", "ctrl home", "ctrl end", "ctrl left", "ctrl right", "ctrl w",
        "meta d", "ctrl u", "ctrl k", "f7", "tab",
    ]
)  # fmt: skip
STEPS = st.lists(
    KEYS
    | st.tuples(st.just("paste"), TEXTS)
    | st.tuples(st.just("all"), TEXTS)
    | st.sampled_from(["ctrl z", "ctrl y"]),
    max_size=40,
)
SIZES = st.builds(Size, st.integers(1, 12), st.integers(6, 40))


def played(area: Area, steps: list[object]) -> Area:
    for step in steps:
        if isinstance(step, tuple):
            area = paste(area, step[1]) if step[0] == "paste" else rewrite(area, step[1])
        else:
            area = edit(area, str(step), 5) or area
    return area


@given(TEXTS)
def test_a_text_comes_back_as_it_was(text: str) -> None:
    assert area_of(text).text == text


@settings(max_examples=300)
@given(TEXTS, STEPS)
@example("", [("paste", "a\r\nb"), "backspace"])
def test_the_cursor_is_within_and_undo_gives_the_text_back(text: str, steps: list[object]) -> None:
    area = played(area_of(text), steps)
    assert 0 <= area.row < len(area.lines)
    assert 0 <= area.col <= len(area.line)
    assert not [line for line in area.lines if "\n" in line or "\r" in line]
    back = area
    for _ in range(len(area.done)):
        back = undo(back)
        assert 0 <= back.col <= len(back.line)
    assert back.text == text
    again = back
    for _ in range(len(back.undone)):
        again = redo(again)
    assert undo(area) == area or redo(undo(area)).lines == area.lines
    assert again.lines == played(area, ["ctrl y"] * len(steps)).lines


@given(TEXTS, STEPS)
def test_moves_change_no_letter(text: str, steps: list[object]) -> None:
    moves = [
        step
        for step in steps
        if step in {"left", "right", "up", "down", "home", "end", "page up", "ctrl left"}
    ]
    assert played(area_of(text), list(moves)).text == text


@given(TEXTS, STEPS, SIZES, st.integers(0, 30), st.integers(0, 60))
def test_painting_fits_and_shows_the_cursor(
    text: str, steps: list[object], size: Size, row: int, col: int
) -> None:
    area = played(area_of(text), steps)
    place = scroll_to_cursor(Window(row, col), area, size)
    lines = area_lines(area, Window(row, col), size, {}, paint_line)
    assert len(lines) <= size.rows
    assert all(line_width(line) <= max(size.cols, gutter(area)) for line in lines)
    at_row, at_cell = cursor_cell(area, place, size)
    assert 0 <= at_row < len(lines)
    assert gutter(area) <= at_cell
    hit = area_at(area, place, size, at_row, at_cell)
    assert hit.row == area.row
    assert cell_of(hit.line, hit.col) <= cell_of(area.line, area.col) <= cell_of(hit.line, hit.col) + 8


@given(st.text(LETTERS, max_size=20), st.integers(0, 30), st.integers(0, 30))
def test_cells_and_characters_agree(text: str, col: int, cells: int) -> None:
    assert cell_of(text, len(text)) == width(visible_text(text))
    assert cell_of(text, col_at(text, cells)) <= cells
    line: Line = (Span("", visible_text(text)),)
    assert line_width(window(line, col, cells)) <= cells
    fitted = fit_line(line, 40)
    assert line_width(overlay(fitted, (Span("", "xx"),), min(col, 38), 2, 40)) == 40


TAGS = {"ENCUT": KnownTag("ENCUT", "float"), "ISMEAR": KnownTag("ISMEAR", "int", ("0", "1"))}


@given(st.text(LETTERS | st.sampled_from("ISMEAR"), max_size=20), st.integers(0, 25))
def test_any_line_of_incar_can_be_looked_at(line: str, col: int) -> None:
    found = spot(line, min(col, len(line)))
    assert 0 <= found.start <= found.end <= len(line)
    assert "".join(span.text for span in paint_line(line)) == line
    assert all(each.text for each in choices(line, min(col, len(line)), TAGS))
    assert "" not in assignments(line)


@given(st.text(st.sampled_from("@-+ 12,ab\n"), max_size=60), st.integers(0, 60))
def test_any_diff_can_be_painted(diff: str, cols: int) -> None:
    assert all(line_width(row) <= max(cols, 19) for row in side_by_side(diff, cols))
    assert rows_of(diff) is not None


@given(TEXTS, st.integers(-5, 20), st.integers(-5, 20))
def test_the_cursor_can_be_put_anywhere(text: str, row: int, col: int) -> None:
    area = at(area_of(text), row, col)
    assert 0 <= area.row < len(area.lines)
    assert 0 <= area.col <= len(area.line)


@given(TEXTS, TEXTS, st.text(st.sampled_from("\n "), max_size=3))
def test_texts_and_lines_are_compared_alike(one: str, other: str, end: str) -> None:
    for left, right in ((one, other), (one, one + end), (one + end, other)):
        assert are_other_lines(area_of(left).lines, area_of(right).lines) is is_edited(left, right)
