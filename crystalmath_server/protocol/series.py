"""jobs.series: convergence, trajectory, bands, density of states and equation of state as curves."""

from typing import Annotated, Literal

from crystalmath_server.protocol.error_codes import AIIDA, WORKER
from crystalmath_server.protocol.errors import ErrorCode
from crystalmath_server.protocol.method import Bound, Doc, Example, Length, Method, Params
from crystalmath_server.protocol.record import record
from crystalmath_server.protocol.results import Quantity

SeriesKind = Literal[
    "convergence", "trajectory", "steps", "bands", "dos", "dos_element", "dos_orbital", "eos"
]

SERIES_TITLES: dict[str, str] = {
    "convergence": "convergence",
    "trajectory": "energy, force and cell of each step",
    "steps": "one step column over another",
    "bands": "band structure",
    "dos": "density of states",
    "dos_element": "density of states by element",
    "dos_orbital": "density of states by element and orbital",
    "eos": "equation of state",
}


@record
class SeriesParams(Params):
    """Curves of a job to return."""

    pk: Annotated[int, Bound(1), Doc("pk of the process node")]
    kind: SeriesKind
    x: Annotated[str, Length(0, 100), Doc("column on the x axis, for kind steps; empty: step")] = ""
    y: Annotated[str, Length(0, 100), Doc("column on the y axis, for kind steps; empty: energy")] = ""
    others: Annotated[
        tuple[int, ...],
        Length(0, 100),
        Doc("pks of further jobs whose volumes and energies to include, for kind eos"),
    ] = ()
    points: Annotated[int, Bound(2, 10_000), Doc("maximum number of points per curve")] = 1000


@record
class Curve:
    """One curve; None for missing points."""

    name: str
    unit: str
    y: tuple[float | None, ...]


@record
class Tick:
    """A labeled position on the x axis, e.g. a high-symmetry point."""

    x: float
    label: str


@record
class JobSeries:
    """Curves over a common x axis."""

    pk: int
    kind: SeriesKind
    title: str
    x_name: str
    x_unit: str
    x: tuple[float, ...]
    curves: tuple[Curve, ...]
    ticks: tuple[Tick, ...]
    quantities: Annotated[tuple[Quantity, ...], Doc("quantities related to the curves, e.g. the band gap")]
    source: Annotated[str, Doc("uuid of the source node of the curves")]
    total: Annotated[int, Doc("number of points per curve before thinning")]
    columns: Annotated[tuple[str, ...], Doc("available columns, for kind steps")] = ()
    left_out: Annotated[str, Doc("what was omitted; empty: nothing")] = ""


JOBS_SERIES = Method(
    "jobs.series",
    SeriesParams,
    JobSeries,
    "Show results of a job as curves.",
    errors=(ErrorCode.NOT_FOUND, ErrorCode.INVALID_FORM, ErrorCode.FILE_UNREADABLE, *WORKER, *AIIDA),
    timeout_s=300,
    example=Example({"pk": 1, "kind": "steps", "y": "max_force"}),
)
METHODS = (JOBS_SERIES,)
