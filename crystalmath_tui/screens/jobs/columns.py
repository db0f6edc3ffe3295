"""Jobs: table columns and the choice of columns that fit."""

from collections.abc import Sequence

from crystalmath_server.protocol.jobs import JobRow
from crystalmath_tui.core.table import Column, FittedColumns, fit_columns
from crystalmath_tui.screens.jobs.trends import COLS

TREND = "steps"
_COLUMNS = (
    Column("mark", "", 1, 1, rank=0),
    Column("pk", "pk", 5, 5, rank=1, right=True),
    Column("state", "state", 12, 12, rank=0),
    Column("label", "label", 12, 28, rank=2),
    Column("formula", "formula", 8, 12, rank=4),
    Column("template", "template", 13, 18, rank=5),
    Column("cluster", "cluster", 9, 12, rank=8),
    Column(TREND, "steps", COLS, COLS, rank=7),
    Column("modified", "age", 5, 6, rank=3, right=True),
    Column("reason", "reason", 14, 200, rank=6),
)


def table_of(rows: Sequence[JobRow], cols: int) -> FittedColumns:
    """The columns that fit, with room for the longest pk shown."""
    digits = max((len(str(each.pk)) for each in rows), default=0)
    mark, pk, *rest = _COLUMNS
    wide = Column(pk.name, pk.title, max(5, digits), max(5, digits), pk.rank, right=True)
    return fit_columns((mark, wide, *rest), cols - 1)


def shows_trends(rows: Sequence[JobRow], cols: int) -> bool:
    """Whether there is room for the steps column."""
    return any(column.name == TREND for column, _ in table_of(rows, cols))
