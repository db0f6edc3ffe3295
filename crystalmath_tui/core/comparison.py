"""A table of jobs side by side: headings with units, order, CSV and JSON."""

import csv
import io
import json
from math import isnan

from crystalmath_server.protocol.compare import CompareColumn, CompareRow, Comparison
from crystalmath_server.protocol.method import Json


def title_of(column: CompareColumn) -> str:
    """The heading of a column, with its unit."""
    return f"{column.title} [{column.unit}]" if column.unit else column.title


def narrow(whole: Comparison, names: frozenset[str]) -> Comparison:
    """The comparison without the named columns."""
    kept = [place for place, column in enumerate(whole.columns) if column.name not in names]
    rows = (CompareRow(row.pk, row.label, tuple(_at(row, place) for place in kept)) for row in whole.rows)
    return Comparison(tuple(whole.columns[place] for place in kept), tuple(rows))


def _at(row: CompareRow, index: int) -> Json:
    return row.values[index] if index < len(row.values) else None


def order(whole: Comparison, name: str, *, descending: bool) -> Comparison:
    """Rows sorted by a column: numbers, then words, then missing values."""
    places = [place for place, column in enumerate(whole.columns) if column.name == name]
    if not places:
        return whole
    known = [row for row in whole.rows if _at(row, places[0]) is not None]
    rest = [row for row in whole.rows if _at(row, places[0]) is None]
    ranked = sorted(known, key=lambda row: _rank(_at(row, places[0])), reverse=descending)
    return Comparison(whole.columns, (*ranked, *rest))


def _rank(value: Json) -> tuple[int, float, str]:
    if isinstance(value, (bool, int, float)) and not (isinstance(value, float) and isnan(value)):
        return (0, float(value), "")
    return (1, 0.0, str(value).casefold())


def csv_text(table: Comparison) -> str:
    """The table as CSV, with all digits, and units in the headings."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(["pk", "label", *map(title_of, table.columns)])
    for row in table.rows:
        writer.writerow([row.pk, row.label, *("" if value is None else value for value in row.values)])
    return out.getvalue()


def json_text(table: Comparison) -> str:
    """The table as JSON: columns with units, and one object per job."""
    columns = [{"name": row.name, "title": row.title, "unit": row.unit} for row in table.columns]
    names = [row.name if _once(table, row) else f"{row.name} [{row.unit}]" for row in table.columns]
    jobs = [
        {"pk": row.pk, "label": row.label, **dict(zip(names, row.values, strict=False))} for row in table.rows
    ]
    return json.dumps({"columns": columns, "jobs": jobs}, indent=2, ensure_ascii=False) + "\n"


def _once(table: Comparison, column: CompareColumn) -> bool:
    return sum(other.name == column.name for other in table.columns) == 1
