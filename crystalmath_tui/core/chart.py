"""Line charts in text: numbered axes, and curves distinguished by pattern, letter and color; pure."""

import math
from collections.abc import Sequence

from crystalmath_server.protocol.record import record
from crystalmath_tui.core.braille import ACROSS, DOWN, Canvas
from crystalmath_tui.core.cells import clean, cut, width
from crystalmath_tui.core.lines import Line, Size, Span, fit_lines, line

STYLES = ("accent", "mark", "ok", "state.paused")
MOST_LETTERS = 8
_LETTERS = "abcdefgh"
_LETTER_EVERY = 14
_LARGEST = 1e300
_FEWEST = Size(4, 24)

Run = list[tuple[float, float]]
"""Adjacent points."""


@record
class Trace:
    """One curve: a y for each x, or None if there is no point; `group` sets pattern and color of many."""

    name: str
    y: tuple[float | None, ...]
    group: int = 0


@record
class Chart:
    """Curves over a common x axis.

    Attributes
    ----------
    ticks
        Named positions on the x axis; without names the axis shows numbers.
    log
        Whether the y axis is logarithmic; values that are not positive are left out.
    """

    x: tuple[float, ...]
    traces: tuple[Trace, ...]
    x_title: str = ""
    y_title: str = ""
    ticks: tuple[tuple[float, str], ...] = ()
    log: bool = False


@record
class Range:
    """The range from the lowest to the highest value of an axis; never empty."""

    low: float
    high: float

    def position(self, value: float, cells: int) -> int:
        """The position of a value among `cells` cells."""
        part = (value - self.low) / (self.high - self.low)
        return max(0, min(cells - 1, round(part * (cells - 1))))


def draw(chart: Chart, size: Size) -> tuple[Line, ...]:
    """The chart at exactly `size`; if that is too small, its curves as text."""
    points = [_runs(chart, trace) for trace in chart.traces]
    flat = [point for runs in points for run in runs for point in run]
    if not flat:
        return fit_lines((line(("dim", f" {chart.y_title}: nothing to draw")),), size)
    if size.rows < _FEWEST.rows or size.cols < _FEWEST.cols:
        return fit_lines((line(("dim", f" {in_words(chart)}")),), size)
    xs, ys = range_of([x for x, _ in flat]), range_of([y for _, y in flat])
    labels = _y_labels(ys, size.rows - 3, log=chart.log)
    gutter = max(map(width, labels.values())) + 1
    body = Canvas(Size(size.rows - 3, size.cols - gutter - 2))
    _paint(body, chart, points, xs, ys)
    rows = (
        (Span("dim", f"{labels.get(row, ''):>{gutter}}"), Span("rule", "┤"), *spans)
        for row, spans in enumerate(body.lines())
    )
    below = _x_lines(chart, xs, gutter, body.size.cols)
    return fit_lines((_heading(chart, size.cols), *rows, *below), size)


def in_words(chart: Chart) -> str:
    """Name and first, last, lowest and highest value of each curve."""
    parts: list[str] = []
    for trace in chart.traces[:MOST_LETTERS]:
        known = [y for y in trace.y if y is not None and math.isfinite(y)]
        if known:
            ends = f"{known[0]:.6g} → {known[-1]:.6g}"
            parts.append(f"{trace.name}: {ends}, from {min(known):.6g} to {max(known):.6g}")
    return f"{'; '.join(parts) or 'nothing to draw'} [{chart.y_title}]"


def range_of(values: Sequence[float]) -> Range:
    """The range of values; for a single value, a range around it."""
    low, high = min(values), max(values)
    if high - low > abs(high) * 1e-12:
        return Range(low, high)
    margin = abs(high) * 0.01 or 1.0
    return Range(low - margin, high + margin)


def _runs(chart: Chart, trace: Trace) -> list[Run]:
    """Runs of points that can be drawn; a gap starts a new run."""
    runs: list[Run] = [[]]
    for x, y in zip(chart.x, trace.y, strict=False):
        if y is not None and abs(y) < _LARGEST and abs(x) < _LARGEST and (y > 0 or not chart.log):
            runs[-1].append((x, math.log10(y) if chart.log else y))
        elif runs[-1]:
            runs.append([])
    return [run for run in runs if run]


def _paint(body: Canvas, chart: Chart, found: Sequence[Sequence[Run]], xs: Range, ys: Range) -> None:
    cols, rows = body.size.cols * ACROSS, body.size.rows * DOWN
    for x, _ in chart.ticks if len(chart.ticks) > 1 else ():
        if xs.low < x < xs.high:
            at = xs.position(x, cols)
            body.line(((at, 0), (at, rows - 1)), "rule", 2)
    for place, runs in enumerate(found):
        kind = _kind(chart, place)
        for run in runs:
            dots = [(xs.position(x, cols), rows - 1 - ys.position(y, rows)) for x, y in run]
            body.line(dots, STYLES[kind % len(STYLES)], kind)
    if len(chart.traces) <= MOST_LETTERS:
        _mark(body, found, xs, ys)


def _kind(chart: Chart, index: int) -> int:
    """Index of pattern and color: one per curve for few curves, one per group for many."""
    return index if len(chart.traces) <= MOST_LETTERS else chart.traces[index].group


def _mark(body: Canvas, found: Sequence[Sequence[Run]], xs: Range, ys: Range) -> None:
    """Label several curves with their letters, at intervals and on every isolated point."""
    for place, runs in enumerate(found):
        letter = _LETTERS[place] if len(found) > 1 else "•"
        last = -_LETTER_EVERY
        for run in runs:
            for x, y in run:
                col, row = xs.position(x, body.size.cols), body.size.rows - 1 - ys.position(y, body.size.rows)
                due = len(found) > 1 and col >= 2 + 3 * place and col - last >= _LETTER_EVERY
                if due or len(run) == 1:
                    body.text(row, col, letter, STYLES[place % len(STYLES)])
                    last = col


def _heading(chart: Chart, cols: int) -> Line:
    """Title of the y axis and, for several curves, their letters and names."""
    title = clean(f" {chart.y_title}")
    spans = [Span("heading", title)]
    names = [clean(trace.name) for trace in chart.traces]
    if 1 < len(names) <= MOST_LETTERS:
        spans += [Span(STYLES[i % len(STYLES)], f"  {_LETTERS[i]} {name}") for i, name in enumerate(names)]
    elif len(names) == 1 and names[0] not in title:
        spans.append(Span("dim", f"  {names[0]}"))
    elif len(names) > 1:
        spans.append(Span("dim", f"  {len(names)} curves"))
    return tuple(spans) if cols > 0 else ()


def _y_labels(ys: Range, rows: int, *, log: bool) -> dict[int, str]:
    """Row → number, at the top, at the bottom and in between."""
    count = max(2, min(5, rows // 3 + 1))
    found: dict[int, str] = {}
    for i in range(count):
        row = round(i * (rows - 1) / (count - 1))
        value = ys.high - (ys.high - ys.low) * row / max(1, rows - 1)
        found[row] = _number(10.0**value if log else value, 0.0 if log else ys.high - ys.low)
    return found


def _number(value: float, span: float) -> str:
    """A number with enough digits to resolve parts of a span; a value rounded to 0 has no sign."""
    if span <= 0 or max(abs(value), span) >= 1e7 or span < 1e-9:
        return f"{value:.3g}"
    digits = max(0, min(9, 2 - math.floor(math.log10(span))))
    return f"{value + 0.0:.{digits}f}"


def _x_lines(chart: Chart, xs: Range, gutter: int, cols: int) -> tuple[Line, ...]:
    """The x axis with its numbers or names, and its title."""
    named = [(x, name) for x, name in chart.ticks if xs.low <= x <= xs.high]
    marks = named or [(x, _number(x, xs.high - xs.low)) for x in (xs.low, (xs.low + xs.high) / 2, xs.high)]
    axis, words = ["─"] * cols, [" "] * cols
    for x, name in marks:
        at = xs.position(x, cols)
        axis[at] = "┴"
        _write(words, cut(name, cols), at)
    below = _with_title("".join(words), cut(chart.x_title, cols))
    return (
        line(("rule", f"{' ' * gutter}└{''.join(axis)}")),
        line(("dim", f"{' ' * (gutter + 1)}{below}")),
    )


def _with_title(names: str, title: str) -> str:
    """The line of names, with the title if there is room."""
    gap = " " * (width(title) + 4)
    if not title:
        return names
    at = names.rfind(gap)
    return names if at < 0 else f"{names[: at + 2]}{title}{names[at + 2 + width(title) :]}"


def _write(cells: list[str], name: str, at: int) -> None:
    """Put a name under its position unless another name is in the way."""
    start = max(0, min(len(cells) - len(name), at - len(name) // 2))
    room = cells[max(0, start - 1) : start + len(name) + 1]
    if name and all(cell == " " for cell in room):
        cells[start : start + len(name)] = list(name)
