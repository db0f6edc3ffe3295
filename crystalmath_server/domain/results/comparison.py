"""Comparison of jobs: one column for each comparable value; pure."""

from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from typing import cast

from crystalmath_server.protocol.compare import CompareColumn, CompareRow, Comparison
from crystalmath_server.protocol.errors import InvalidForm
from crystalmath_server.protocol.job_spec import JobSpec
from crystalmath_server.protocol.jobs import JobDetail
from crystalmath_server.protocol.method import Json, title_of
from crystalmath_server.protocol.results import JobResults

Cells = dict[CompareColumn, Json]
Job = tuple[JobDetail, JobResults]

_OPTION = "options."
_LATTICE = (
    *(CompareColumn(name, name, "Å") for name in ("a", "b", "c")),
    *(CompareColumn(name, name, "°") for name in ("alpha", "beta", "gamma")),
    CompareColumn("volume", "volume", "Å³"),
)


def table(jobs: Sequence[Job]) -> Comparison:
    """All columns with a value for any job, in order of first appearance."""
    cells = [_cells(detail, results) for detail, results in jobs]
    groups = [[column for column in each if _group(column) == turn] for turn in range(5) for each in cells]
    columns = tuple(dict.fromkeys(column for group in groups for column in group))
    return Comparison(
        columns,
        tuple(
            CompareRow(detail.row.pk, detail.row.label, tuple(each.get(column) for column in columns))
            for (detail, _), each in zip(jobs, cells, strict=True)
        ),
    )


def _group(column: CompareColumn) -> int:
    """Group number of a column: facts, results, lattice, options, settings."""
    if column.name.startswith("values."):
        return 4
    if column.name.startswith(_OPTION):
        return 3
    if column in _LATTICE:
        return 2
    return 0 if column.name in _FACTS else 1


_FACTS = ("state", "formula", "template", "cluster", "engine")


def _cells(detail: JobDetail, results: JobResults) -> Cells:
    row = detail.row
    facts: Mapping[str, Json] = {
        "state": str(row.state),
        "formula": row.formula,
        "template": row.template,
        "cluster": row.cluster,
        "engine": detail.engine,
    }
    found: Cells = {CompareColumn(name, _FACT_TITLES.get(name, name)): value for name, value in facts.items()}
    for quantity in results.quantities:
        if _is_scalar(quantity.value):
            found[CompareColumn(quantity.name, quantity.title, quantity.unit)] = quantity.value
    if lattice := results.lattice_after or results.lattice_before:
        found |= {column: getattr(lattice, column.name) for column in _LATTICE}
    for name, value in detail.options.items():
        column = CompareColumn(f"{_OPTION}{name}", title_of(JobSpec, name))
        found[column] = _in_one_cell(value)
    for name, value in detail.values.items():
        if _is_scalar(value):
            found[CompareColumn(f"values.{name}", name)] = value
    return found


def _in_one_cell(value: Json) -> Json:
    return " ".join(map(str, cast("list[Json]", value))) if isinstance(value, list) else value


_FACT_TITLES = {"template": "template"}


def _is_scalar(value: Json) -> bool:
    return value is None or isinstance(value, bool | int | float | str)


def select_columns(whole: Comparison, names: Sequence[str]) -> Comparison:
    """The comparison with only the named columns, in this order; all columns if no names are given.

    Raises
    ------
    InvalidForm
        With field `columns`.
    """
    if not names:
        return whole
    places = [place for name in names for place in _places(whole, name, "columns")]
    rows = (CompareRow(row.pk, row.label, tuple(row.values[place] for place in places)) for row in whole.rows)
    return Comparison(tuple(whole.columns[place] for place in places), tuple(rows))


def sort_rows(whole: Comparison, name: str, *, descending: bool) -> Comparison:
    """Rows sorted by a column: numbers, then text, then missing values; no sorting if the name is empty.

    Raises
    ------
    InvalidForm
        With field `sort`.
    """
    if not name:
        return whole
    place = _places(whole, name, "sort")[0]
    with_value = [row for row in whole.rows if row.values[place] is not None]
    without = [row for row in whole.rows if row.values[place] is None]
    ranked = sorted(with_value, key=lambda row: _rank(row.values[place]), reverse=descending)
    return Comparison(whole.columns, (*ranked, *without))


def _rank(value: Json) -> tuple[int, float, str]:
    if isinstance(value, bool | int | float):
        return (0, float(value), "")
    return (1, 0.0, str(value).casefold())


def _places(whole: Comparison, name: str, field: str) -> list[int]:
    """Positions of the columns with this name; several if jobs use different units."""
    found = [place for place, column in enumerate(whole.columns) if column.name == name]
    if not found:
        names = [column.name for column in whole.columns]
        near = get_close_matches(name, names, n=1)
        hint = f"Did you mean {near[0]}?" if near else f"Columns: {', '.join(names)}"
        raise InvalidForm(f"None of these jobs has {name!r}", field=field, hint=hint)
    return found
