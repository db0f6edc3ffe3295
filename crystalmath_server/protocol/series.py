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
    "steps": "two columns of the steps",
    "bands": "band structure",
    "dos": "density of states",
    "dos_element": "density of states by element",
    "dos_orbital": "density of states by element and orbital",
    "eos": "equation of state",
}


@record
class SeriesParams(Params):
    """Which curves of a job."""

    pk: Annotated[int, Bound(1), Doc("pk of the process node")]
    kind: SeriesKind
    x: Annotated[str, Length(0, 100), Doc("of steps: the column for x; empty: step")] = ""
    y: Annotated[str, Length(0, 100), Doc("of steps: the column for y; empty: energy")] = ""
    others: Annotated[
        tuple[int, ...], Length(0, 100), Doc("of eos: pks of jobs whose volumes and energies belong to it")
    ] = ()
    points: Annotated[int, Bound(2, 10_000), Doc("most points of a curve")] = 1000


@record
class Curve:
    """One curve; None where it has no point."""

    name: str
    unit: str
    y: tuple[float | None, ...]


@record
class Tick:
    """A place on the x axis that has a name, as a high-symmetry point."""

    x: float
    label: str


@record
class JobSeries:
    """Curves over one x axis."""

    pk: int
    kind: SeriesKind
    title: str
    x_name: str
    x_unit: str
    x: tuple[float, ...]
    curves: tuple[Curve, ...]
    ticks: tuple[Tick, ...]
    quantities: Annotated[tuple[Quantity, ...], Doc("numbers that belong to the curves, as the gap")]
    source: Annotated[str, Doc("uuid of the node that the curves come from")]
    total: Annotated[int, Doc("points of a curve before it was thinned")]
    columns: Annotated[tuple[str, ...], Doc("of steps: the columns there are")] = ()
    left_out: Annotated[str, Doc("what was left out, in words; empty: nothing")] = ""


JOBS_SERIES = Method(
    "jobs.series",
    SeriesParams,
    JobSeries,
    "Give what a job computed as curves.",
    errors=(ErrorCode.NOT_FOUND, ErrorCode.INVALID_FORM, ErrorCode.FILE_UNREADABLE, *WORKER, *AIIDA),
    timeout_s=300,
    example=Example({"pk": 1, "kind": "steps", "y": "max_force"}),
)
METHODS = (JOBS_SERIES,)
