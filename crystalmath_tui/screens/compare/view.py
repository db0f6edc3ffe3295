"""Compare: rendering of the table and the column list."""

from crystalmath_server.protocol.compare import CompareRow, Comparison
from crystalmath_tui.core.cells import fit, width, wrap
from crystalmath_tui.core.comparison import title_of
from crystalmath_tui.core.context import Context
from crystalmath_tui.core.formatting import count, error_text, number
from crystalmath_tui.core.lines import Line, Span, fit_line, highlight, line
from crystalmath_tui.core.path_prompt import prompt_lines
from crystalmath_tui.core.screen import Screen
from crystalmath_tui.core.scroll import Scroll, clamp
from crystalmath_tui.screens.compare.update import (
    CALL_KEY,
    KEYS,
    Slice,
    columns_of,
    displayed_table,
    is_typing,
    list_rows,
    update,
)

_GAP = "  "
_LABEL = 18
_WIDEST = 28


def view(compare: Slice, context: Context) -> tuple[Line, ...]:
    """The summary or the path prompt, then the table or the column list."""
    cols = context.size.cols
    rule = fit_line(line(("rule", "─" * cols)), cols)
    head = (_head(compare, cols), rule)
    if compare.error is not None:
        parts = wrap(error_text(compare.error), max(8, cols - 2))
        return (*head, (), *(line(("error", f" {part}")) for part in parts))
    if compare.table is None:
        words = context.connection_error or context.progress_of(CALL_KEY) or "Reading the jobs …"
        return (*head, (), line(("dim", f" {words}")))
    return (*head, *(_choices(compare, context) if compare.choosing else _table(compare, context)))


def _head(compare: Slice, cols: int) -> Line:
    if compare.path is not None:
        return prompt_lines(compare.path, "write to", cols)[0]
    total = len(compare.table.columns) if compare.table else 0
    seen = len(displayed_table(compare).columns)
    return line(
        ("strong", f" {count(len(compare.pks), 'job')}"),
        ("dim", f"   {seen} of {count(total, 'column')}"),
        ("dim", f"   by {compare.sort} {'↓' if compare.descending else '↑'}" if compare.sort else ""),
    )


def _choices(compare: Slice, context: Context) -> tuple[Line, ...]:
    """All columns, with a mark on each visible column."""
    columns = columns_of(compare)
    rows = list_rows(context)
    at = clamp(Scroll(compare.column, compare.column), len(columns), rows)
    lines: list[Line] = [line(("heading", " columns"), ("dim", "   Space shows or hides, Esc closes"))]
    for index, column in enumerate(columns[at.top : at.top + rows], at.top):
        mark = " " if column.name in compare.hidden else "✓"
        each = line(("mark", f" {mark} "), title_of(column), ("dim", f"   {column.name}"))
        lines.append(highlight(each, context.size.cols) if index == at.index else each)
    return tuple(lines)


def _table(compare: Slice, context: Context) -> tuple[Line, ...]:
    table, cols = displayed_table(compare), context.size.cols
    at = clamp(compare.scroll, len(table.rows), list_rows(context))
    seen = table.rows[at.top : at.top + list_rows(context)]
    widths = [_width(table, place) for place in range(len(table.columns))]
    first = _first(widths, compare.column, max(1, cols - 10 - _LABEL))
    lines: list[Line] = [_heading(compare, table, widths, first)]
    for index, each in enumerate(seen, at.top):
        cells = _row(each, widths, first)
        lines.append(highlight(cells, cols) if index == at.index else cells)
    return tuple(lines)


def _width(table: Comparison, index: int) -> int:
    texts = [number(row.values[index]) for row in table.rows if index < len(row.values)]
    longest = max((width(text) for text in texts), default=0)
    return min(_WIDEST, max(width(title_of(table.columns[index])) + 1, longest))


def _first(widths: list[int], chosen: int, room: int) -> int:
    """The first column to draw so that the selected column is visible."""
    first = max(0, min(chosen, len(widths) - 1))
    used = widths[first] if widths else 0
    while first > 0 and used + len(_GAP) + widths[first - 1] <= room:
        first -= 1
        used += len(_GAP) + widths[first]
    return first


def _heading(compare: Slice, table: Comparison, widths: list[int], first: int) -> Line:
    spans = [Span("heading", f" {'pk':>7}{_GAP}{fit('label', _LABEL)}")]
    for place in range(first, len(widths)):
        column = table.columns[place]
        arrow = ("↓" if compare.descending else "↑") if column.name == compare.sort else ""
        style = "bar.strong" if place == compare.column else "heading"
        right = _is_number(table, place)
        spans += [Span("", _GAP), Span(style, fit(title_of(column) + arrow, widths[place], right=right))]
    return tuple(spans)


def _is_number(table: Comparison, index: int) -> bool:
    return any(
        isinstance(row.values[index], (int, float)) and not isinstance(row.values[index], bool)
        for row in table.rows
        if index < len(row.values)
    )


def _row(row: CompareRow, widths: list[int], first: int) -> Line:
    spans = [Span("number", f" {row.pk:>7}"), Span("", f"{_GAP}{fit(row.label, _LABEL)}")]
    for place in range(first, min(len(widths), len(row.values))):
        value = row.values[place]
        right = isinstance(value, (int, float)) and not isinstance(value, bool)
        text = "" if value is None else number(value)
        spans += [Span("", _GAP), Span("number" if right else "", fit(text, widths[place], right=right))]
    return tuple(spans)


def _title(compare: Slice) -> str:
    return f"compare {count(len(compare.pks), 'job')}" if compare.pks else "compare"


SCREEN = Screen(
    "compare",
    Slice(),
    KEYS,
    update,
    view,
    _title,
    is_typing,
    (("enter", "write"), ("esc", "cancel")),
    usage="PK PK …",
    summary="Show jobs side by side.",
)
