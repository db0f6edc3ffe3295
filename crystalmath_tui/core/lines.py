"""Styled lines, returned by views and painted by the canvas, each exactly as wide as requested."""

from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import NamedTuple

from crystalmath_tui.core.cells import clean, head, width


class Span(NamedTuple):
    """Text in one style; theme.py defines the styles."""

    style: str
    text: str


Line = tuple[Span, ...]


class Size(NamedTuple):
    """Rows and columns."""

    rows: int
    cols: int


SELECTED = "+"
"""Suffix of style names on the selected row."""


def line(*parts: str | tuple[str, str]) -> Line:
    """A line of plain texts and (style, text) pairs."""
    return tuple(Span("", part) if isinstance(part, str) else Span(*part) for part in parts if part)


def line_width(spans: Line) -> int:
    """Cells of a line."""
    return sum(width(clean(span.text)) for span in spans)


@lru_cache(maxsize=4096)  # most lines repeat those of the previous frame
def fit_line(spans: Line, cols: int, style: str = "") -> Line:
    """The line at exactly `cols` cells: cleaned, and truncated or padded in `style`."""
    fitted: list[Span] = []
    left = cols
    for span in spans:
        text = head(clean(span.text), left)
        if text:
            fitted.append(Span(span.style, text))
            left -= width(text)
        if text != clean(span.text):
            break
    if left > 0:
        fitted.append(Span(style, " " * left))
    return tuple(fitted)


def fit_lines(rows: Sequence[Line], size: Size) -> tuple[Line, ...]:
    """Exactly `size.rows` lines of exactly `size.cols` cells."""
    shown = [fit_line(row, size.cols) for row in rows[: size.rows]]
    return (*shown, *[fit_line((), size.cols)] * (size.rows - len(shown)))


def spread(left: Line, right: Line, cols: int, style: str = "") -> Line:
    """One line with `right` at its end; if both do not fit, `right` is dropped."""
    gap = cols - line_width(left) - line_width(right)
    if gap < 1:
        return fit_line(left, cols, style)
    return (*left, Span(style, " " * gap), *right)


def beside(left: Sequence[Line], right: Sequence[Line], left_cols: int, size: Size) -> tuple[Line, ...]:
    """Two panes separated by a rule."""
    right_cols = size.cols - left_cols - 3
    pairs = zip(
        fit_lines(left, Size(size.rows, left_cols)),
        fit_lines(right, Size(size.rows, right_cols)),
        strict=True,
    )
    return tuple((*one, Span("rule", " │ "), *other) for one, other in pairs)


def highlight(spans: Line, cols: int) -> Line:
    """The line as the selected row, over its whole width."""
    return tuple(Span(span.style + SELECTED, span.text) for span in fit_line(spans, cols))


def restyle(spans: Iterable[Span], style: str) -> Line:
    """The line in one style."""
    return tuple(Span(style, span.text) for span in spans)


def section(title: str, rows: Iterable[Line]) -> tuple[Line, ...]:
    """A blank line, a heading and its rows; nothing if there are no rows."""
    found = tuple(rows)
    return ((), line(("heading", f" {title}")), *found) if found else ()
