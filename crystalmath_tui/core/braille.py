"""A canvas of braille dots, 2 × 4 per cell, with patterned lines; pure."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from crystalmath_tui.core.lines import Line, Size, Span

ACROSS, DOWN = 2, 4
_BITS = ((0x01, 0x08), (0x02, 0x10), (0x04, 0x20), (0x40, 0x80))
_BLANK = 0x2800
PATTERNS = ((1, 1), (6, 4), (4, 1), (10, 5))
"""Dots per period, and how many of them are set: solid, dashed, dotted, long dashes."""

Dot = tuple[int, int]


@dataclass(slots=True)
class Canvas:
    """Cells painted dot by dot; dots outside the canvas are dropped."""

    size: Size
    bits: dict[Dot, int] = field(default_factory=dict[Dot, int])
    styles: dict[Dot, str] = field(default_factory=dict[Dot, str])
    texts: dict[Dot, str] = field(default_factory=dict[Dot, str])

    def dot(self, x: int, y: int, style: str = "") -> None:
        """Set a dot: x from the left, y from the top."""
        cell = (y // DOWN, x // ACROSS)
        if 0 <= cell[0] < self.size.rows and 0 <= cell[1] < self.size.cols:
            self.bits[cell] = self.bits.get(cell, 0) | _BITS[y % DOWN][x % ACROSS]
            self.styles[cell] = style

    def line(self, dots: Sequence[Dot], style: str = "", pattern: int = 0) -> None:
        """Set the dots along a polyline, in a pattern that continues around its corners."""
        period, lit = PATTERNS[pattern % len(PATTERNS)]
        steps = (dot for pair in pairwise(dots) for dot in list(between(*pair))[:-1])
        for place, (x, y) in enumerate((*steps, *dots[-1:])):
            if place % period < lit:
                self.dot(x, y, style)

    def text(self, row: int, col: int, char: str, style: str = "") -> None:
        """Replace the dots of a cell with a one-cell character."""
        if 0 <= row < self.size.rows and 0 <= col < self.size.cols:
            self.texts[row, col] = char
            self.styles[row, col] = style

    def lines(self) -> tuple[Line, ...]:
        """One line per row, each as wide as the canvas."""
        return tuple(self._line(row) for row in range(self.size.rows))

    def _line(self, row: int) -> Line:
        cells = ((self.styles.get((row, col), ""), self._char((row, col))) for col in range(self.size.cols))
        return tuple(join_cells(cells))

    def _char(self, cell: Dot) -> str:
        bits = self.bits.get(cell, 0)
        return self.texts.get(cell) or (chr(_BLANK + bits) if bits else " ")


def between(start: Dot, end: Dot) -> Iterator[Dot]:
    """Dots of the straight line between two dots, including both ends."""
    (x0, y0), (x1, y1) = start, end
    steps = max(abs(x1 - x0), abs(y1 - y0))
    for i in range(steps + 1):
        part = i / steps if steps else 0.0
        yield round(x0 + (x1 - x0) * part), round(y0 + (y1 - y0) * part)


def join_cells(cells: Iterable[tuple[str, str]]) -> Iterator[Span]:
    """Join adjacent cells of the same style into spans."""
    style, text = "", ""
    for each, char in cells:
        if each != style and text:
            yield Span(style, text)
            text = ""
        style, text = each, text + char
    if text:
        yield Span(style, text)
