"""A unified diff as lines: unified, or side by side."""

import re
from collections.abc import Iterator

from crystalmath_server.protocol.record import record
from crystalmath_tui.core.line_cells import visible_text, window
from crystalmath_tui.core.lines import Line, Span, fit_line, line

_HUNK = re.compile(r"@@ -(\d+)(?:,\d+)? \+(\d+)(?:,\d+)? @@")
_STYLES = {"-": "error", "+": "ok", " ": ""}


@record
class Row:
    """One row of both sides; a missing side has number 0 and empty text."""

    left_number: int = 0
    left: str = ""
    right_number: int = 0
    right: str = ""

    @property
    def same(self) -> bool:
        """Whether both sides are equal."""
        return bool(self.left_number and self.right_number) and self.left == self.right


def rows_of(diff: str) -> tuple[Row | None, ...]:
    """Rows of both sides, changed lines paired; None separates hunks."""
    found: list[Row | None] = []
    for first, second, body in _hunks(diff):
        if found:
            found.append(None)
        found += _pair(first, second, body)
    return tuple(found)


def _hunks(diff: str) -> Iterator[tuple[int, int, list[str]]]:
    """First line number of each side, and the lines, for each hunk."""
    place: tuple[int, int] | None = None
    body: list[str] = []
    for text in diff.split("\n"):
        if begin := _HUNK.match(text):
            if place:
                yield *place, body
            place, body = (int(begin[1]), int(begin[2])), []
        elif place and text[:1] in _STYLES and text:
            body.append(text)
    if place:
        yield *place, body


def _pair(left: int, right: int, body: list[str]) -> Iterator[Row]:
    gone: list[Row] = []
    come: list[Row] = []
    for text in body:
        if text[0] == "-":
            gone.append(Row(left, text[1:]))
            left += 1
        elif text[0] == "+":
            come.append(Row(0, "", right, text[1:]))
            right += 1
        else:
            yield from _beside(gone, come)
            gone, come = [], []
            yield Row(left, text[1:], right, text[1:])
            left, right = left + 1, right + 1
    yield from _beside(gone, come)


def _beside(gone: list[Row], come: list[Row]) -> Iterator[Row]:
    for index in range(max(len(gone), len(come))):
        old = gone[index] if index < len(gone) else Row()
        new = come[index] if index < len(come) else Row()
        yield Row(old.left_number, old.left, new.right_number, new.right)


def unified_lines(diff: str) -> tuple[Line, ...]:
    """The lines of a diff; - and + mark the lines that differ."""
    found: list[Line] = []
    for text in diff.rstrip("\n").split("\n"):
        style = "heading" if text.startswith("@@") else _STYLES.get(text[:1], "dim")
        if not text.startswith(("---", "+++")):
            found.append(line((style, f" {visible_text(text)}")))
    return tuple(found)


def side_by_side(diff: str, cols: int) -> tuple[Line, ...]:
    """Both sides next to each other; - and + mark the differences."""
    each = max(8, (cols - 3) // 2)
    found: list[Line] = []
    for row in rows_of(diff):
        if row is None:
            found.append(line(("dim", " ⋮")))
            continue
        left = _side(row.left_number, row.left, "" if row.same else "-", each)
        right = _side(row.right_number, row.right, "" if row.same else "+", each)
        found.append((*left, Span("rule", " │ "), *right))
    return tuple(found)


def _side(number: int, text: str, sign: str, cols: int) -> Line:
    if not number:
        return fit_line((), cols)
    style = _STYLES[sign or " "]
    head = Span("dim", f"{number:>5} ")
    return fit_line((head, *window(line((style, f"{sign or ' '} {visible_text(text)}")), 0, cols - 6)), cols)
