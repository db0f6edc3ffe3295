"""jobs.results: what a job computed."""

from typing import Annotated

from crystalmath_server.protocol.errors import ErrorCode
from crystalmath_server.protocol.jobs import JobPk, JobState
from crystalmath_server.protocol.method import Doc, Example, Json, Method
from crystalmath_server.protocol.record import record
from crystalmath_server.protocol.structures import Lattice


@record
class Quantity:
    """One result with its unit and the node that holds it."""

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
class JobResults:
    """What was computed."""

    pk: int
    state: JobState
    engine: str
    quantities: tuple[Quantity, ...]
    steps: Annotated[tuple[IonicStep, ...], Doc("thinned to at most 1000")]
    lattice_before: Lattice | None = None
    lattice_after: Lattice | None = None
    structure_before_pk: int | None = None
    structure_after_pk: int | None = None


_AIIDA = (ErrorCode.NOT_READY, ErrorCode.STORAGE_UNREACHABLE)

JOBS_RESULTS = Method(
    "jobs.results",
    JobPk,
    JobResults,
    "Show what a job computed.",
    errors=(ErrorCode.NOT_FOUND, *_AIIDA),
    timeout_s=60,
    example=Example({"pk": 1}),
)
METHODS = (JOBS_RESULTS,)
