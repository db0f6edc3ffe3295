"""jobs.results: the results of a job."""

from typing import Annotated

from crystalmath_server.protocol.error_codes import AIIDA
from crystalmath_server.protocol.errors import ErrorCode
from crystalmath_server.protocol.jobs import JobPk, JobState
from crystalmath_server.protocol.method import Doc, Example, Json, Method
from crystalmath_server.protocol.record import record
from crystalmath_server.protocol.structures import Lattice


@record
class Quantity:
    """One result with its unit and source node."""

    name: str
    title: str
    value: Json
    unit: str
    source: Annotated[str, Doc("uuid of the node")]


@record
class IonicStep:
    """One step of a relaxation or of molecular dynamics."""

    step: int
    energy_ev: Annotated[float, Doc("energy", "eV")]
    max_force_ev_a: Annotated[float | None, Doc("largest force", "eV/Å")] = None


@record
class SiteResult:
    """Results for one site."""

    index: Annotated[int, Doc("index of the site, from 1")]
    species: str
    force_ev_a: Annotated[tuple[float, float, float] | None, Doc("force", "eV/Å")] = None
    magmom_mub: Annotated[float | None, Doc("magnetic moment", "μB")] = None
    charge_e: Annotated[float | None, Doc("electrons inside the atomic sphere", "e")] = None


@record
class JobResults:
    """Results of a job."""

    pk: int
    state: JobState
    engine: str
    quantities: tuple[Quantity, ...]
    steps: Annotated[tuple[IonicStep, ...], Doc("steps, thinned to at most 1000")]
    lattice_before: Lattice | None = None
    lattice_after: Lattice | None = None
    structure_before_pk: int | None = None
    structure_after_pk: int | None = None
    n_steps: Annotated[int, Doc("total number of steps")] = 0
    sites: Annotated[tuple[SiteResult, ...], Doc("the first 1000 sites")] = ()
    n_sites: Annotated[int, Doc("total number of sites")] = 0
    document: Annotated[str, Doc("uuid of the source node of the sites; empty: none")] = ""
    series: Annotated[tuple[str, ...], Doc("kinds of jobs.series available for this job")] = ()
    note: Annotated[str, Doc("what could not be read, and why; empty: everything was read")] = ""


JOBS_RESULTS = Method(
    "jobs.results",
    JobPk,
    JobResults,
    "Show the results of a job.",
    errors=(ErrorCode.NOT_FOUND, *AIIDA),
    timeout_s=60,
    example=Example({"pk": 1}),
)
METHODS = (JOBS_RESULTS,)
