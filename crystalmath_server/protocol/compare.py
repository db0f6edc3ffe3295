"""jobs.compare: settings and results of jobs side by side."""

from typing import Annotated

from crystalmath_server.protocol.error_codes import AIIDA
from crystalmath_server.protocol.errors import ErrorCode
from crystalmath_server.protocol.method import Bound, Doc, Example, Json, Length, Method, Params
from crystalmath_server.protocol.record import record


@record
class CompareParams(Params):
    """Jobs and columns to compare, and the sort order."""

    pks: Annotated[tuple[Annotated[int, Bound(1)], ...], Length(1, 200), Doc("pks of the process nodes")]
    columns: Annotated[tuple[str, ...], Doc("column names; empty: all")] = ()
    sort: Annotated[str, Doc("column to sort by; empty: order of the pks")] = ""
    descending: bool = False


@record
class CompareColumn:
    """One column; values.NAME is a template setting, options.NAME a jobs.submit option."""

    name: str
    title: str
    unit: str = ""


@record
class CompareRow:
    """One job with a value for each column; null if the job has none."""

    pk: int
    label: str
    values: tuple[Json, ...]


@record
class Comparison:
    """The comparison table."""

    columns: tuple[CompareColumn, ...]
    rows: tuple[CompareRow, ...]


JOBS_COMPARE = Method(
    "jobs.compare",
    CompareParams,
    Comparison,
    "Compare jobs side by side: settings, energies, forces, lattices.",
    errors=(ErrorCode.NOT_FOUND, ErrorCode.INVALID_FORM, *AIIDA),
    timeout_s=120,
    example=Example({"pks": [1]}),
    layout="columns",
)
METHODS = (JOBS_COMPARE,)
