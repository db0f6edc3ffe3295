"""The text area: keys in, text, cursor and steps to undo out; and its cells."""

import pytest

from crystalmath_tui.core.area_view import Window, area_at, area_lines, cursor_cell, scroll_to_cursor
from crystalmath_tui.core.line_cells import cell_of, col_at, overlay, visible_text, window
from crystalmath_tui.core.lines import Line, Size, Span, line_width
from crystalmath_tui.core.text_area import Area, area_of, at, edit, paste, put, redo, rewrite, undo


def typed(area: Area, *keys: str) -> Area:
    for key in keys:
        area = edit(area, key) or area
    return area


def place(area: Area) -> tuple[int, int]:
    return area.row, area.col


def test_typing_goes_in_at_the_cursor_and_enter_parts_the_line() -> None:
    area = typed(at(area_of("ENCUT520\nNSW = 0\n"), 0, 5), *" = ", "end", "enter", "x")
    assert area.text == "ENCUT = 520\nx\nNSW = 0\n"
    assert place(area) == (1, 1)


def test_a_word_is_one_step_and_so_is_a_paste() -> None:
    area = typed(area_of(""), *"ENCUT = 520")
    assert [undo(area).text, undo(undo(area)).text] == ["ENCUT = ", "ENCUT "]
    many = paste(area, "\r\nA = 1\r\nB = 2")
    assert many.text == "ENCUT = 520\nA = 1\nB = 2"
    assert undo(many).text == "ENCUT = 520"
    assert place(many) == (2, 5)
    assert redo(undo(many)).lines == many.lines


def test_a_move_ends_a_step() -> None:
    area = typed(area_of(""), *"ab", "left", "right", *"cd")
    assert undo(area).text == "ab"


def test_erasing_joins_lines_and_is_grouped() -> None:
    area = at(area_of("ab\ncd"), 1, 0)
    assert typed(area, "backspace").text == "abcd"
    assert typed(at(area, 0, 2), "delete").text == "abcd"
    assert typed(at(area, 0, 2), "ctrl k").text == "abcd"
    assert typed(area, "ctrl u").text == "ab\ncd"
    gone = typed(at(area, 1, 2), "backspace", "backspace")
    assert (gone.text, undo(gone).text) == ("ab\n", "ab\ncd")
    assert typed(area_of(""), "backspace", "delete") == area_of("")


@pytest.mark.parametrize(
    "keys, expected",
    [
        (("ctrl right",), (0, 5)),
        (("ctrl right", "ctrl right"), (0, 11)),
        (("end", "ctrl left"), (0, 8)),
        (("ctrl end",), (2, 2)),
        (("down", "home"), (1, 2)),
        (("down", "home", "home"), (1, 0)),
        (("end", "down"), (1, 9)),
        (("end", "down", "down", "up", "up"), (0, 11)),
        (("page down",), (2, 0)),
        (("left",), (0, 0)),
        (("end", "right"), (1, 0)),
        (("ctrl end", "right"), (2, 2)),
    ],
)
def test_moves(keys: tuple[str, ...], expected: tuple[int, int]) -> None:
    assert place(typed(area_of("ENCUT = 520\n  NSW = 0\nab"), *keys)) == expected


def test_deleting_words() -> None:
    area = at(area_of("ISMEAR = 0"), 0, 8)
    assert typed(area, "ctrl w").text == " 0"
    assert typed(at(area, 0, 0), "meta d").text == " = 0"


def test_nothing_to_undo_or_redo_changes_nothing() -> None:
    area = area_of("a")
    assert undo(area) == redo(area) == area
    after = typed(undo(typed(area, "x")), "y")
    assert redo(after) == after


def test_another_text_is_one_step_and_keeps_the_place() -> None:
    area = rewrite(at(area_of("a\nbcd\ne"), 1, 2), "a\nb")
    assert (area.text, place(area)) == ("a\nb", (1, 1))
    assert undo(area).text == "a\nbcd\ne"


def test_a_word_is_put_in_place_of_another() -> None:
    assert put(area_of("ISM = 0"), 0, 3, "ISMEAR").text == "ISMEAR = 0"


def test_keys_that_are_no_text_are_for_others() -> None:
    assert edit(area_of(""), "f2") is None
    assert edit(area_of(""), "meta x") is None


def test_accents_are_stepped_over_whole() -> None:
    area = area_of("e\u0301x")
    assert place(typed(area, "right")) == (0, 2)
    assert typed(at(area, 0, 2), "backspace").text == "x"


def test_cells_of_wide_characters_tabs_and_what_is_unseen() -> None:
    assert cell_of("日本x", 2) == 4
    assert col_at("日本x", 3) == 1
    assert cell_of("a\tb", 2) == 8
    assert visible_text("a\tb\x1b") == "a       b\ufffd"
    assert col_at("abc", 99) == 3


def test_a_window_cuts_wide_characters_in_halves_of_blanks() -> None:
    spans: Line = (Span("x", "a日本"),)
    assert window(spans, 2, 2) == (Span("x", "  "),)
    assert line_width(overlay((Span("", "日本語a"),), (Span("", "ab"),), 1, 2, 7)) == 7


def plainly(text: str) -> Line:
    return (Span("", text),)


def painted(area: Area, place: Window, size: Size) -> list[str]:
    return [
        "".join(span.text for span in row)
        for row in area_lines(area, place, size, {0: ("error", "✗")}, plainly)
    ]


def test_numbers_signs_and_the_cursor_are_painted() -> None:
    area = typed(area_of("one\ntwo"), "end")
    rows = area_lines(area, Window(), Size(5, 20), {0: ("error", "✗")}, plainly)
    assert ["".join(span.text for span in row) for row in rows] == ["✗ 1▏ one ", "  2▏ two"]
    assert rows[0][-1] == Span("cursor", " ")
    assert [
        span for row in area_lines(at(area, 0, 1), Window(), Size(5, 20), {}, plainly) for span in row
    ].count(Span("cursor", "n")) == 1


def test_the_cursor_stays_in_sight_both_ways() -> None:
    long = at(area_of("x" * 100 + "\n" * 50), 0, 100)
    place = scroll_to_cursor(Window(), long, Size(10, 40))
    assert place.left > 60
    assert cursor_cell(long, place, Size(10, 40))[1] < 40
    assert painted(long, place, Size(10, 40))[0].startswith("✗  1« ")
    deep = at(long, 45, 0)
    assert scroll_to_cursor(place, deep, Size(10, 40)) == Window(36, 0)


def test_a_click_sets_the_cursor_where_it_is_painted() -> None:
    area = area_of("日本語\nab")
    assert place(area_at(area, Window(), Size(5, 20), 0, 5 + 2)) == (0, 1)
    assert place(area_at(area, Window(), Size(5, 20), 4, 30)) == (1, 2)
    assert place(area_at(area, Window(), Size(5, 20), 1, 0)) == (1, 0)
