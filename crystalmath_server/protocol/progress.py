"""jobs.progress, jobs.trends, jobs.stop: progress of runs, and stopping them gracefully."""

from dataclasses import field
from typing import Annotated, Literal

from crystalmath_server.protocol.error_codes import AIIDA, REMOTE
from crystalmath_server.protocol.errors import ErrorCode
from crystalmath_server.protocol.jobs import JobState
from crystalmath_server.protocol.method import Bound, Confirm, Doc, Example, Length, Method, Params
from crystalmath_server.protocol.record import record


@record
class StepColumns:
    """Ionic steps as columns of equal length; null for unknown values."""

    step: tuple[int, ...] = ()
    energy_ev: Annotated[tuple[float | None, ...], Doc("energy; for VASP, extrapolated to σ → 0", "eV")] = ()
    max_force_ev_a: Annotated[tuple[float | None, ...], Doc("largest force", "eV/Å")] = ()
    seconds: Annotated[tuple[float | None, ...], Doc("time of the step", "s")] = ()


@record
class JobProgress:
    """Progress of a run according to its files; null for unknown values."""

    pk: int
    state: JobState
    source: Annotated[Literal["", "work", "retrieved"], Doc("source of the files; empty: none")]
    words: Annotated[str, Doc("one-line summary")]
    ionic_step: Annotated[int, Doc("number of completed ionic steps")] = 0
    most_ionic_steps: int | None = None
    electronic_step: Annotated[int | None, Doc("electronic step of the current or last ionic step")] = None
    most_electronic_steps: int | None = None
    energy_ev: Annotated[float | None, Doc("energy of the last ionic step", "eV")] = None
    energy_change_ev: Annotated[float | None, Doc("change from the previous ionic step", "eV")] = None
    electronic_energy_ev: Annotated[float | None, Doc("energy of the last electronic step", "eV")] = None
    electronic_change_ev: Annotated[float | None, Doc("change from the previous electronic step", "eV")] = (
        None
    )
    max_force_ev_a: Annotated[float | None, Doc("largest force of the last ionic step", "eV/Å")] = None
    force_limit_ev_a: Annotated[float | None, Doc("force convergence limit", "eV/Å")] = None
    seconds_per_step: Annotated[float | None, Doc("typical time per ionic step", "s")] = None
    quiet_s: Annotated[float | None, Doc("time since the last output", "s")] = None
    stuck: Annotated[bool, Doc("whether there was no output for much longer than usual")] = False
    left_s: Annotated[float | None, Doc("estimated remaining time; null: unknown", "s")] = None
    estimate: Annotated[str, Doc("basis of the estimate, or why there is none")] = ""
    steps: StepColumns = field(default_factory=StepColumns)
    note: Annotated[str, Doc("what was omitted or not read yet; empty: nothing")] = ""


@record
class ProgressOfJobParams(Params):
    """A job, and the number of steps to return."""

    pk: Annotated[int, Bound(1), Doc("pk of the process node")]
    points: Annotated[int, Bound(0, 4096), Doc("maximum number of steps in the columns, evenly sampled")] = (
        400
    )


@record
class TrendsParams(Params):
    """Jobs to get trends for, e.g. the visible rows of a list."""

    pks: Annotated[tuple[Annotated[int, Bound(1)], ...], Length(1, 200), Doc("pks of the process nodes")]


@record
class Trend:
    """The last steps of a job, oldest first."""

    pk: int
    quantity: Annotated[
        Literal["", "force", "energy"], Doc("largest force, or else the energy; empty: neither is known")
    ]
    unit: str
    values: Annotated[tuple[float, ...], Doc("values of the last steps, in `unit`")]
    steps: Annotated[int, Doc("total number of known steps")]
    final: Annotated[bool, Doc("whether the job has ended, so the trend is final")]


@record
class Trends:
    """Trends known so far; jobs not read yet are missing."""

    rows: tuple[Trend, ...]


@record
class StopJobParams(Params):
    """A job to stop, and the step after which it stops."""

    pk: Annotated[int, Bound(1), Doc("pk of the process node")]
    after: Annotated[
        Literal["ionic", "electronic"],
        Doc("ionic: complete results (LSTOP); electronic: sooner, but forces may be wrong (LABORT)"),
    ] = "ionic"


@record
class StopAsked:
    """The stop request sent to the program."""

    pk: int
    file: Annotated[str, Doc("name of the written file, e.g. STOPCAR")]
    folder: str
    words: str


JOBS_PROGRESS = Method(
    "jobs.progress",
    ProgressOfJobParams,
    JobProgress,
    "Show the progress of a run: steps, energy, forces, times, and whether it is stuck.",
    errors=(ErrorCode.NOT_FOUND, ErrorCode.FILE_UNREADABLE, *REMOTE, *AIIDA),
    timeout_s=100,
    example=Example({"pk": 1}),
)
JOBS_STOP = Method(
    "jobs.stop",
    StopJobParams,
    StopAsked,
    "Stop a VASP run gracefully after its current step, by writing STOPCAR.",
    errors=(ErrorCode.NOT_FOUND, ErrorCode.NOT_ALLOWED, ErrorCode.FILE_UNREADABLE, *REMOTE, *AIIDA),
    effect="write",
    timeout_s=100,
    example=Example({"pk": 2, "after": "ionic"}),
    confirm=Confirm("Stop job {pk} after its current {after} step?"),
)
JOBS_TRENDS = Method(
    "jobs.trends",
    TrendsParams,
    Trends,
    "Show the last known steps of jobs without waiting for a cluster.",
    timeout_s=10,
    example=Example({"pks": [1]}),
)
METHODS = (JOBS_PROGRESS, JOBS_TRENDS, JOBS_STOP)
