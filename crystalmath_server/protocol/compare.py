"""jobs.compare: jobs side by side, by what was asked for and what came out."""

from typing import Annotated

from crystalmath_server.protocol.error_codes import AIIDA
from crystalmath_server.protocol.errors import ErrorCode
from crystalmath_server.protocol.method import Bound, Doc, Example, Json, Length, Method, Params
from crystalmath_server.protocol.record import record


@record
class CompareParams(Params):
    """Which jobs, which columns, in which order."""

    pks: Annotated[tuple[Annotated[int, Bound(1)], ...], Length(1, 200), Doc("pks of the process nodes")]
    columns: Annotated[tuple[str, ...], Doc("names of columns; none: all")] = ()
    sort: Annotated[str, Doc("name of a column; empty: as the pks were given")] = ""
    descending: bool = False


@record
class CompareColumn:
    """One column; values.NAME is a setting of the template, options.NAME an option of jobs.submit."""

    name: str
    title: str
    unit: str = ""


@record
class CompareRow:
    """One job; a value for each column, null where it has none."""

    pk: int
    label: str
    values: tuple[Json, ...]


@record
class Comparison:
    """The table."""

    columns: tuple[CompareColumn, ...]
    rows: tuple[CompareRow, ...]


JOBS_COMPARE = Method(
    "jobs.compare",
    CompareParams,
    Comparison,
    "Show jobs side by side: settings, energies, forces, lattices.",
    errors=(ErrorCode.NOT_FOUND, ErrorCode.INVALID_FORM, *AIIDA),
    timeout_s=120,
    example=Example({"pks": [1]}),
    layout="columns",
)
METHODS = (JOBS_COMPARE,)
