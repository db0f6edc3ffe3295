"""Results as CSV: a page, quantities, or curves over their x axis."""

import csv
import json
from collections.abc import Iterable, Sequence
from dataclasses import fields, is_dataclass
from io import StringIO
from itertools import zip_longest
from typing import Any, cast

from crystalmath_server.protocol import codec
from crystalmath_server.protocol.results import JobResults
from crystalmath_server.protocol.series import JobSeries

Rows = Iterable[Sequence[object]]


class NoTableError(Exception):
    """A result is not a table."""


def text_of(result: object) -> str:
    """The table in a result as CSV, with a title line that includes units.

    Raises
    ------
    NoTableError
        The result contains no table.
    """
    match result:
        case JobSeries():
            return _to_csv(*_curves(result))
        case JobResults():
            return _to_csv(*_records(result.quantities))
        case _:
            rows = getattr(result, "rows", None) or getattr(result, "lines", None)
            if not isinstance(rows, tuple):
                raise NoTableError("this result is not a table; take JSON")
            return _to_csv(*_records(cast("tuple[Any, ...]", rows)))


def json_of(result: object) -> str:
    """A result as JSON text."""
    return json.dumps(codec.to_json(result), indent=2, ensure_ascii=False) + "\n"


def _curves(series: JobSeries) -> tuple[list[str], Rows]:
    titles = [(series.x_name, series.x_unit), *((curve.name, curve.unit) for curve in series.curves)]
    columns = (series.x, *(curve.y for curve in series.curves))
    return [f"{name} [{unit}]" if unit else name for name, unit in titles], zip_longest(*columns)


def _records(rows: Sequence[Any]) -> tuple[list[str], Rows]:
    names = [row.name for row in fields(rows[0])] if rows and is_dataclass(rows[0]) else []
    return names, ([getattr(row, name) for name in names] for row in rows)


def _to_csv(titles: Sequence[str], rows: Rows) -> str:
    out = StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(titles)
    writer.writerows([_cell(value) for value in row] for row in rows)
    return out.getvalue()


def _cell(value: object) -> object:
    """A number unchanged, nothing for None, anything else as text or JSON."""
    if value is None or isinstance(value, (bool, int, float, str)):
        return "" if value is None else value
    return json.dumps(codec.to_json(value), ensure_ascii=False)
