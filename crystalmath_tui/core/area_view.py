"""A text area as lines: line numbers, problem marks, and a visible cursor."""

from collections.abc import Callable, Mapping

from crystalmath_server.protocol.record import record
from crystalmath_tui.core.line_cells import cell_of, col_at, visible_text, window
from crystalmath_tui.core.lines import Line, Size, Span
from crystalmath_tui.core.text_area import Area, at

_MARGIN = 4  # cells kept visible next to the cursor

Paint = Callable[[str], Line]
"""Line of text → the same text, styled."""

Marks = Mapping[int, tuple[str, str]]
"""Row → style and sign."""


@record
class Window:
    """The first visible line and the first visible cell."""

    top: int = 0
    left: int = 0


def gutter(area: Area) -> int:
    """Cells before the text: a sign, the line number, a blank."""
    return len(str(len(area.lines))) + 4


def scroll_to_cursor(view: Window, area: Area, size: Size) -> Window:
    """The window, moved as little as needed to show the cursor."""
    rows, cols = max(1, size.rows), max(1, size.cols - gutter(area))
    top = max(min(view.top, area.row), area.row - rows + 1)
    top = max(0, min(top, len(area.lines) - 1))
    cell = cell_of(area.line, area.col)
    margin = min(_MARGIN, cols // 3)
    left = min(view.left, max(0, cell - margin))
    left = max(left, cell + margin + 1 - cols if cell >= cols - margin else 0)
    return Window(top, max(0, left))


def area_lines(area: Area, view: Window, size: Size, marks: Marks, paint: Paint) -> tuple[Line, ...]:
    """The visible part of the text."""
    view = scroll_to_cursor(view, area, size)
    rows = range(view.top, min(view.top + size.rows, len(area.lines)))
    return tuple(_row(area, row, view.left, size.cols, marks, paint) for row in rows)


def _row(area: Area, row: int, left: int, cols: int, marks: Marks, paint: Paint) -> Line:
    style, sign = marks.get(row, ("", " "))
    here = row == area.row
    digits = gutter(area) - 4
    head = (
        Span(style, f"{sign} "),
        Span("accent" if here else "dim", f"{row + 1:>{digits}}"),
        Span("rule", "▏ " if left == 0 else "« "),
    )
    spans = _expand_tabs(paint(area.lines[row]), area.lines[row])
    if here:
        spans = _with_cursor(spans, area)
    return (*head, *window(spans, left, max(0, cols - gutter(area))))


def _expand_tabs(spans: Line, text: str) -> Line:
    """Spans of raw text as painted; the width of a tab depends on the text before it."""
    if text.isascii() and text.isprintable():
        return spans
    whole, found, start = visible_text(text), list[Span](), 0
    raw = 0
    for style, piece in spans:
        raw += len(piece)
        end = len(visible_text(text[:raw]))
        found.append(Span(style, whole[start:end]))
        start = end
    return tuple(found)


def _with_cursor(spans: Line, area: Area) -> Line:
    """The spans, with the cursor's own span inserted."""
    start = len(visible_text(area.line[: area.col]))
    found: list[Span] = []
    at_char = 0
    for style, text in spans:
        low = max(0, start - at_char)
        pieces = (
            Span(style, text[:low]),
            Span("cursor", text[low : low + 1]),
            Span(style, text[low + 1 :]),
        )
        found += pieces if 0 <= start - at_char < len(text) else [Span(style, text)]
        at_char += len(text)
    if start >= at_char:
        found.append(Span("cursor", " "))
    return tuple(span for span in found if span.text)


def area_at(area: Area, view: Window, size: Size, row: int, col: int) -> Area:
    """The area with the cursor at a mouse click; a click below the text goes to its end."""
    view = scroll_to_cursor(view, area, size)
    line = min(view.top + row, len(area.lines) - 1)
    return at(area, line, col_at(area.lines[line], max(0, col - gutter(area)) + view.left))


def cursor_cell(area: Area, view: Window, size: Size) -> tuple[int, int]:
    """Row and cell of the cursor within the visible area."""
    view = scroll_to_cursor(view, area, size)
    return area.row - view.top, gutter(area) + cell_of(area.line, area.col) - view.left
