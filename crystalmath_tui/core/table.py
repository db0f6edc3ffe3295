"""Tables: fitting columns to a width, and laying out rows."""

from collections.abc import Sequence

from crystalmath_server.protocol.record import record
from crystalmath_tui.core.cells import fit
from crystalmath_tui.core.lines import Line, Span

_GAP = "  "


@record
class Column:
    """One column.

    Attributes
    ----------
    minimum, maximum
        Cells that the column needs, and cells that it can use.
    rank
        The column with the highest rank is dropped first if space is short.
    """

    name: str
    title: str
    minimum: int
    maximum: int
    rank: int = 0
    right: bool = False


FittedColumns = tuple[tuple[Column, int], ...]


def fit_columns(columns: Sequence[Column], cols: int) -> FittedColumns:
    """The columns that fit, with their widths; spare cells go to columns that can use them, by rank."""
    chosen = _fitting_columns(columns, cols)
    spare = cols - sum(column.minimum for column in chosen) - len(_GAP) * (len(chosen) - 1)
    widths = {column.name: column.minimum for column in chosen}
    for column in sorted(chosen, key=lambda each: each.rank):
        extra = max(0, min(spare, column.maximum - column.minimum))
        widths[column.name] += extra
        spare -= extra
    return tuple((column, widths[column.name]) for column in chosen)


def _fitting_columns(columns: Sequence[Column], cols: int) -> list[Column]:
    chosen = list(columns)
    while len(chosen) > 1 and sum(each.minimum + len(_GAP) for each in chosen) - len(_GAP) > cols:
        chosen.remove(max(chosen, key=lambda each: each.rank))
    return chosen


def heading(table: FittedColumns, sort: str = "", *, descending: bool = False) -> Line:
    """The line of column titles, with an arrow at the sorted column."""
    arrow = {sort: "↓" if descending else "↑"}
    cells = [
        Span("heading", _cell(column, column.title + arrow.get(column.name, ""), cols))
        for column, cols in table
    ]
    return _join(cells)


def row(table: FittedColumns, cells: dict[str, Span]) -> Line:
    """The line of one row; `cells` by column name."""
    return _join(
        [
            Span(cells[column.name].style, _cell(column, cells[column.name].text, cols))
            for column, cols in table
        ]
    )


def _cell(column: Column, text: str, cols: int) -> str:
    return fit(text, cols, right=column.right)


def _join(cells: Sequence[Span]) -> Line:
    gap = Span("", _GAP)
    return tuple(span for cell in cells for span in (cell, gap))[:-1]
