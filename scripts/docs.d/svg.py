"""A terminal screen as SVG; every cell keeps its color and position in any font."""

from collections.abc import Iterable, Iterator
from itertools import groupby
from typing import Any, NamedTuple
from xml.sax.saxutils import escape

CELL_PX, LINE_PX, FONT_PX, MARGIN_PX = 8.4, 17, 14, 12
FOREGROUND, BACKGROUND = "#d7dce2", "#14181f"
FONTS = "ui-monospace,'DejaVu Sans Mono',Menlo,Consolas,monospace"

NAMED = {
    "black": "#1b2027",
    "red": "#e46876",
    "green": "#87b87f",
    "brown": "#e6c384",
    "blue": "#5b8dc9",
    "magenta": "#b8a1d9",
    "cyan": "#7aa89f",
    "white": "#d7dce2",
}
"""The colors that pyte names; a bright color looks like its plain one."""


BRAILLE = range(0x2800, 0x2900)
BLANKS = " " + "".join(map(chr, BRAILLE))
DOTS = ((0, 0), (0, 1), (0, 2), (1, 0), (1, 1), (1, 2), (0, 3), (1, 3))
"""Column and row of the dot for each bit of a braille character."""


class Style(NamedTuple):
    """The appearance of a run of cells."""

    foreground: str
    background: str
    bold: bool
    underlined: bool


class Run(NamedTuple):
    """Adjacent cells of one style."""

    row: int
    column: int
    cells: int
    text: str
    style: Style


def svg_of(screen: Any, title: str) -> str:
    """Draw a pyte screen as an SVG document."""
    width = screen.columns * CELL_PX + 2 * MARGIN_PX
    height = screen.lines * LINE_PX + 2 * MARGIN_PX
    runs = list(runs_of(screen))
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:g} {height:g}" role="img" '
        f'font-family="{FONTS}" font-size="{FONT_PX}" fill="{FOREGROUND}">'
    )
    return "\n".join(
        (
            head,
            f"<title>{escape(title)}</title>",
            f'<rect width="100%" height="100%" rx="8" fill="{BACKGROUND}"/>',
            *(rectangle(run) for run in runs if run.style.background != BACKGROUND),
            *(text(run) for run in runs if run.text.strip(BLANKS)),
            *(dots(run) for run in runs if any(is_braille(cell) for cell in run.text)),
            "</svg>\n",
        )
    )


def runs_of(screen: Any) -> Iterator[Run]:
    """The runs of every line, from left to right."""
    for row in range(screen.lines):
        line = screen.buffer[row]
        cells = [(column, line[column]) for column in range(screen.columns)]
        for style, grouped in groupby(cells, key=lambda cell: style_of(cell[1])):
            run = list(grouped)
            # The second cell of a wide character holds no text.
            yield Run(row, run[0][0], len(run), "".join(cell.data for _, cell in run), style)


def style_of(cell: Any) -> Style:
    """Look up the colors of a cell."""
    foreground = color(cell.fg, FOREGROUND)
    background = color(cell.bg, BACKGROUND)
    if cell.reverse:
        foreground, background = background, foreground
    return Style(foreground, background, cell.bold, cell.underscore)


def color(name: str, default: str) -> str:
    """The color for a pyte color: a name, "default", or six hexadecimal digits."""
    if name == "default":
        return default
    return NAMED.get(name.removeprefix("bright"), f"#{name}")


def rectangle(run: Run) -> str:
    """The background of a run."""
    left, top = left_top(run)
    return (
        f'<rect x="{left:g}" y="{top:g}" width="{run.cells * CELL_PX:g}" height="{LINE_PX}" '
        f'fill="{run.style.background}"/>'
    )


def text(run: Run) -> str:
    """The text of a run, stretched to the width of its cells."""
    shown = "".join(" " if is_braille(cell) else cell for cell in run.text)
    before = len(shown) - len(shown.lstrip())
    after = len(shown) - len(shown.rstrip())
    left, top = left_top(run)
    cells = run.cells - before - after
    return (
        f'<text x="{left + before * CELL_PX:g}" y="{top + FONT_PX - 1:g}" textLength="{cells * CELL_PX:g}" '
        f'lengthAdjust="spacingAndGlyphs" xml:space="preserve"{attributes(run.style)}>'
        f"{escape(shown.strip())}</text>"
    )


def dots(run: Run) -> str:
    """The dots of a run's braille characters; few fonts make them as wide as other characters."""
    left, top = left_top(run)
    places = (
        f"M{left + (index + 0.25 + 0.5 * column) * CELL_PX:.1f} {top + (0.125 + 0.25 * row) * LINE_PX:.1f}h0"
        for index, cell in enumerate(run.text)
        if is_braille(cell)
        for bit, (column, row) in enumerate(DOTS)
        if (ord(cell) - BRAILLE.start) >> bit & 1
    )
    return (
        f'<path stroke="{run.style.foreground}" stroke-width="2.4" stroke-linecap="round" '
        f'd="{"".join(places)}"/>'
    )


def is_braille(cell: str) -> bool:
    """Whether a cell holds a braille character."""
    return len(cell) == 1 and ord(cell) in BRAILLE


def attributes(style: Style) -> str:
    """Attributes that differ from the document's own."""
    given: Iterable[tuple[str, str, bool]] = (
        ("fill", style.foreground, style.foreground != FOREGROUND),
        ("font-weight", "bold", style.bold),
        ("text-decoration", "underline", style.underlined),
    )
    return "".join(f' {name}="{value}"' for name, value, needed in given if needed)


def left_top(run: Run) -> tuple[float, float]:
    """Position of the first cell of a run [px]."""
    return MARGIN_PX + run.column * CELL_PX, MARGIN_PX + run.row * LINE_PX
