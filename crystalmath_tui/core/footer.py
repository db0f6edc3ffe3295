"""The footer: keys and their titles on one line, and the key at a given column."""

from collections.abc import Sequence

from crystalmath_tui.core.cells import width
from crystalmath_tui.core.keymap import key_name
from crystalmath_tui.core.lines import Line, Span

Hint = tuple[str, str]
"""A key and its title."""


def hint_width(hint: Hint) -> int:
    """Cells of one hint."""
    key, title = hint
    return width(key_name(key)) + width(title) + 3


def footer_line(hints: Sequence[Hint]) -> Line:
    """All hints side by side."""
    pairs = ((Span("key", f" {key_name(key)}"), Span("dim", f" {title} ")) for key, title in hints)
    return tuple(span for pair in pairs for span in pair)


def key_at(hints: Sequence[Hint], col: int) -> str:
    """The key shown at a column, or ""."""
    end = 0
    for hint in hints:
        end += hint_width(hint)
        if col < end:
            return hint[0]
    return ""
