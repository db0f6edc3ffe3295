"""Cells of a text line: tabs, wide characters, and characters that must not reach a terminal."""

from crystalmath_tui.core.cells import char_width, clean
from crystalmath_tui.core.lines import Line, Span

_TAB = 8
_UNSEEN = "�"  # replaces a control or format character, so that it is visible


def is_plain(text: str) -> bool:
    """Whether each character is one cell wide and shown unchanged."""
    return text.isascii() and text.isprintable()


def shown_chars(text: str) -> list[str]:
    """The text painted for each character."""
    shown: list[str] = []
    cell = 0
    for char in text:
        seen = " " * (_TAB - cell % _TAB) if char == "\t" else _display_char(char)
        shown.append(seen)
        cell += sum(map(char_width, seen))
    return shown


def _display_char(char: str) -> str:
    return clean(char) or _UNSEEN


def visible_text(text: str) -> str:
    """The text as painted."""
    return text if is_plain(text) else "".join(shown_chars(text))


def cell_of(text: str, col: int) -> int:
    """The cell in which the character `col` begins."""
    if is_plain(text):
        return min(col, len(text))
    return sum(char_width(char) for seen in shown_chars(text[:col]) for char in seen)


def col_at(text: str, cell: int) -> int:
    """The index of the character at a cell; the length of the text if the cell is beyond it."""
    if is_plain(text):
        return max(0, min(cell, len(text)))
    at = 0
    for col, seen in enumerate(shown_chars(text)):
        at += sum(map(char_width, seen))
        if at > cell:
            return col
    return len(text)


def window(spans: Line, left: int, cols: int) -> Line:
    """Up to `cols` cells of a painted line from `left`; half of a wide character becomes blank."""
    found: list[Span] = []
    at = 0
    for style, text in spans:
        if text.isascii():
            piece = text[max(0, left - at) : max(0, left + cols - at)]
            at += len(text)
        else:
            piece, at = _piece(text, at, left, left + cols)
        if piece:
            found.append(Span(style, piece))
    return tuple(found)


def _piece(text: str, at: int, left: int, right: int) -> tuple[str, int]:
    """The part in [left, right) of a text that begins at cell `at`, and the cell after the text."""
    kept: list[str] = []
    for char in text:
        wide = char_width(char)
        if left <= at and at + wide <= right and (wide or at < right):
            kept.append(char)
        elif wide > 1 and at < right and at + wide > left:
            kept.append(" ")
        at += wide
    return "".join(kept), at


def overlay(under: Line, over: Line, col: int, width: int, cols: int) -> Line:
    """The line, `cols` wide, overlaid from cell `col` with another line, `width` wide."""
    return (*window(under, 0, col), *over, *window(under, col + width, cols - col - width))
