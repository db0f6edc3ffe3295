"""jobs.progress, jobs.trends, jobs.stop: how runs go, and their orderly end."""

from dataclasses import field
from typing import Annotated, Literal

from crystalmath_server.protocol.error_codes import AIIDA, REMOTE
from crystalmath_server.protocol.errors import ErrorCode
from crystalmath_server.protocol.jobs import JobState
from crystalmath_server.protocol.method import Bound, Confirm, Doc, Example, Length, Method, Params
from crystalmath_server.protocol.record import record


@record
class StepColumns:
    """Ionic steps as columns of one length; null where a value is not known."""

    step: tuple[int, ...] = ()
    energy_ev: Annotated[tuple[float | None, ...], Doc("energy; of VASP that for σ → 0", "eV")] = ()
    max_force_ev_a: Annotated[tuple[float | None, ...], Doc("largest force", "eV/Å")] = ()
    seconds: Annotated[tuple[float | None, ...], Doc("time of the step", "s")] = ()


@record
class JobProgress:
    """How a run goes, from what its files say; null where they do not say it."""

    pk: int
    state: JobState
    source: Annotated[Literal["", "work", "retrieved"], Doc("where the files were read; empty: nowhere")]
    words: Annotated[str, Doc("the whole in one line")]
    ionic_step: Annotated[int, Doc("ionic steps that are done")] = 0
    most_ionic_steps: int | None = None
    electronic_step: Annotated[int | None, Doc("of the ionic step under way, or of the last")] = None
    most_electronic_steps: int | None = None
    energy_ev: Annotated[float | None, Doc("of the last ionic step", "eV")] = None
    energy_change_ev: Annotated[float | None, Doc("from the ionic step before", "eV")] = None
    electronic_energy_ev: Annotated[float | None, Doc("of the last electronic step", "eV")] = None
    electronic_change_ev: Annotated[float | None, Doc("from the electronic step before", "eV")] = None
    max_force_ev_a: Annotated[float | None, Doc("largest force of the last ionic step", "eV/Å")] = None
    force_limit_ev_a: Annotated[float | None, Doc("largest force at which it ends", "eV/Å")] = None
    seconds_per_step: Annotated[float | None, Doc("usual time of an ionic step", "s")] = None
    quiet_s: Annotated[float | None, Doc("time since something was written", "s")] = None
    stuck: Annotated[bool, Doc("whether nothing was written for much longer than usual")] = False
    left_s: Annotated[float | None, Doc("estimated time until the end; null: cannot be told", "s")] = None
    estimate: Annotated[str, Doc("on what the estimate rests, or why there is none")] = ""
    steps: StepColumns = field(default_factory=StepColumns)
    note: Annotated[str, Doc("what was left out or not read yet; empty where nothing was")] = ""


@record
class ProgressOfJobParams(Params):
    """Which job, and how many steps."""

    pk: Annotated[int, Bound(1), Doc("pk of the process node")]
    points: Annotated[int, Bound(0, 4096), Doc("most steps in the columns, evenly chosen")] = 400


@record
class TrendsParams(Params):
    """Which jobs, as those of a list that are in sight."""

    pks: Annotated[tuple[Annotated[int, Bound(1)], ...], Length(1, 200), Doc("pks of the process nodes")]


@record
class Trend:
    """The last steps of a job, oldest first."""

    pk: int
    quantity: Annotated[Literal["", "force", "energy"], Doc("largest force, else energy; empty: none known")]
    unit: str
    values: Annotated[tuple[float, ...], Doc("of the last steps, in the unit")]
    steps: Annotated[int, Doc("steps that are known, of which the last are here")]
    final: Annotated[bool, Doc("whether the job has ended: it will not change")]


@record
class Trends:
    """What is known now; a job that was not looked at yet is missing."""

    rows: tuple[Trend, ...]


@record
class StopJobParams(Params):
    """Which job, and after what it is to end."""

    pk: Annotated[int, Bound(1), Doc("pk of the process node")]
    after: Annotated[
        Literal["ionic", "electronic"],
        Doc("ionic: with whole results (LSTOP); electronic: at once, forces may be wrong (LABORT)"),
    ] = "ionic"


@record
class StopAsked:
    """What was asked of the program."""

    pk: int
    file: Annotated[str, Doc("what was written, as STOPCAR")]
    folder: str
    words: str


JOBS_PROGRESS = Method(
    "jobs.progress",
    ProgressOfJobParams,
    JobProgress,
    "Show how a run goes: steps, energy, forces, times, and whether it is stuck.",
    errors=(ErrorCode.NOT_FOUND, ErrorCode.FILE_UNREADABLE, *REMOTE, *AIIDA),
    timeout_s=100,
    example=Example({"pk": 1}),
)
JOBS_STOP = Method(
    "jobs.stop",
    StopJobParams,
    StopAsked,
    "Have a run end in order, after its step: VASP by STOPCAR.",
    errors=(ErrorCode.NOT_FOUND, ErrorCode.NOT_ALLOWED, ErrorCode.FILE_UNREADABLE, *REMOTE, *AIIDA),
    effect="write",
    timeout_s=100,
    example=Example({"pk": 2, "after": "ionic"}),
    confirm=Confirm("Have job {pk} end after its {after} step?"),
)
JOBS_TRENDS = Method(
    "jobs.trends",
    TrendsParams,
    Trends,
    "Tell the last steps of jobs as far as they are known; no cluster is waited for.",
    timeout_s=10,
    example=Example({"pks": [1]}),
)
METHODS = (JOBS_PROGRESS, JOBS_TRENDS, JOBS_STOP)
