"""jobs.*: calculations and workflows, which are AiiDA process nodes."""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Annotated, Literal

from crystalmath_server.protocol.error_codes import AIIDA, DAEMON, REMOTE, WORKER
from crystalmath_server.protocol.errors import ErrorCode
from crystalmath_server.protocol.job_spec import JobSpec
from crystalmath_server.protocol.method import (
    Bound,
    Confirm,
    Doc,
    Example,
    Json,
    JsonOnly,
    Key,
    Length,
    Method,
    Params,
    Uuid,
)
from crystalmath_server.protocol.record import record


class JobState(StrEnum):
    """The one state of a job; domain/states.py derives it from AiiDA's fields."""

    CREATED = "created"  # stored, not yet taken by a worker
    PREPARING = "preparing"  # inputs are written, uploaded, submitted
    QUEUED = "queued"  # the scheduler holds it
    RUNNING = "running"
    COLLECTING = "collecting"  # results are retrieved and parsed
    PAUSED = "paused"
    FINISHED = "finished"  # exit status 0
    FAILED = "failed"  # any other exit status
    EXCEPTED = "excepted"
    KILLED = "killed"


ENDED = frozenset({JobState.FINISHED, JobState.FAILED, JobState.EXCEPTED, JobState.KILLED})
"""States that a job never leaves."""


@record
class ListJobsParams(Params):
    """Which jobs, in which order; all filters must hold."""

    states: Annotated[tuple[JobState, ...], Doc("any of these; empty: all")] = ()
    label: Annotated[str, Length(0, 255), Doc("part of label or formula, case ignored")] = ""
    regex: Annotated[bool, Doc("take label as a regular expression")] = False
    invert: Annotated[bool, Doc("show what label does not match")] = False
    template: Annotated[str, Doc("template, as emt.relax; empty: all")] = ""
    cluster: Annotated[str, Doc("label of the cluster; empty: all")] = ""
    held: Annotated[bool, Doc("only jobs that are held back")] = False
    created_after: Annotated[float | None, Doc("UNIX time", "s")] = None
    created_before: Annotated[float | None, Doc("UNIX time", "s")] = None
    sort: Literal["pk", "modified", "state", "label", "formula", "template", "cluster"] = "pk"
    descending: bool = True
    limit: Annotated[int, Bound(1, 500)] = 100
    cursor: Annotated[str, Doc("next_cursor of the page before")] = ""


@dataclass(frozen=True)  # without slots: orjson writes it four times as fast, and pages are rows above all
class JobRow:
    """One job in a list."""

    pk: int
    uuid: Uuid
    label: str
    state: JobState
    template: Annotated[str, Doc("template, or AiiDA's process label where there is none")]
    formula: str
    cluster: Annotated[str, Doc("label of the cluster")]
    created_at: Annotated[float, Doc("UNIX time", "s")]
    modified_at: Annotated[float, Doc("UNIX time", "s")]
    exit_status: int | None = None
    reason: Annotated[str, Doc("what it waits for or why it ended, in words")] = ""
    held: Annotated[
        bool, Doc("held back until the cluster takes more jobs; jobs.play starts it now"), JsonOnly()
    ] = False


@record
class JobsPage:
    """A page of jobs at one revision of the list."""

    revision: int
    rows: tuple[JobRow, ...]
    total: Annotated[int, Doc("jobs that pass the filters")]
    counts: Annotated[dict[str, int], Doc("state → jobs that pass all filters but that of the state")]
    next_cursor: Annotated[str, Doc("empty on the last page")]


@record
class JobPk(Params):
    """Which job."""

    pk: Annotated[int, Bound(1), Doc("pk of the process node")]


@record
class NodeLink:
    """One input or output node."""

    label: str
    pk: int
    type: Annotated[str, Doc("node class, as StructureData")]
    summary: str = ""


@record
class JobRun:
    """One run of a job that corrects itself, and what custodian made of it."""

    pk: int
    state: JobState
    exit_status: int | None = None
    reason: Annotated[str, Doc("how it ended, in words")] = ""
    correction: Annotated[str, Doc("errors and what was changed for the next run; empty: nothing")] = ""
    diffs: Annotated[dict[str, str], Doc("file → unified diff of the next run's against this one's")] = field(
        default_factory=dict[str, str]
    )
    copied: Annotated[tuple[str, ...], Doc("large files that the next run began with")] = ()


@record
class JobDetail:
    """One job with its settings, links and state in words."""

    row: JobRow
    description: str
    process_type: str
    process_state: Annotated[str, Doc("as AiiDA says it")]
    scheduler_state: Annotated[str, Doc("as AiiDA says it; empty where unknown")]
    scheduler_job_id: str
    remote_work_dir: str
    exit_message: str
    explanation: Annotated[str, Doc("what happens now, or happened, in words")]
    hint: Annotated[str, Doc("what to do about it; empty where nothing is to be done")]
    engine: Annotated[str, Doc("engine and its version, as CHGNet 0.4.2")]
    values: Annotated[dict[str, Json], Doc("settings of the template, form field name → value")]
    inputs: tuple[NodeLink, ...]
    outputs: tuple[NodeLink, ...]
    structure_pk: int | None = None
    caller_pk: int | None = None
    called: tuple[int, ...] = ()
    edits: Annotated[dict[str, str], Doc("file edited by hand → unified diff against the template's")] = (
        field(default_factory=dict[str, str])
    )
    retry_of: Annotated[int | None, Doc("pk of the job that this one is a retry of")] = None
    options: Annotated[
        dict[str, Json], Doc("further options of jobs.submit that it was given, where not the default")
    ] = field(default_factory=dict[str, Json])
    runs: Annotated[tuple[JobRun, ...], Doc("of a job that corrects itself, the first one first")] = ()


@record
class SubmitJobParams(JobSpec):
    """What is asked of a job, and how to submit it. The same key always answers the same job."""

    key: Key = field(kw_only=True)
    digest: Annotated[str, Doc("digest of templates.render, checked where given")] = ""
    confirm: Annotated[bool, Doc("run edited files in spite of warnings; a digest confirms too")] = False
    reuse: Annotated[
        bool,
        Doc("take the results of a job that had the same inputs, if there is one", title="reuse results"),
    ] = False


@record
class Submitted:
    """The job of a key."""

    pk: int
    uuid: str
    state: JobState
    template: Annotated[str, Doc("full name, as emt.relax")]
    reused: Annotated[bool, Doc("whether this key had been submitted before")]


@record
class ControlJobParams(Params):
    """Which job, and how long to wait for the effect."""

    pk: Annotated[int, Bound(1), Doc("pk of the process node")]
    wait_s: Annotated[float, Bound(0, 300), Doc("longest wait for the effect", "s")] = 20.0


@record
class Control:
    """What came of it."""

    pk: int
    state: JobState
    done: Annotated[bool, Doc("whether the job is as asked for")]
    waiting_for: Annotated[str, Doc("what is still to happen, in words; empty where done")] = ""


_CONTROL = (
    ErrorCode.NOT_FOUND,
    ErrorCode.NOT_ALLOWED,
    *DAEMON,
    *AIIDA,
)

JOBS_LIST = Method(
    "jobs.list",
    ListJobsParams,
    JobsPage,
    "List jobs.",
    errors=(ErrorCode.INVALID_FORM, *AIIDA),
    timeout_s=30,
    example=Example({"states": ["finished", "failed"], "limit": 20}),
)
JOBS_SHOW = Method(
    "jobs.show",
    JobPk,
    JobDetail,
    "Show one job.",
    errors=(ErrorCode.NOT_FOUND, *AIIDA),
    timeout_s=30,
    example=Example({"pk": 1}),
)
JOBS_SUBMIT = Method(
    "jobs.submit",
    SubmitJobParams,
    Submitted,
    "Run a template on a structure.",
    errors=(
        ErrorCode.NOT_FOUND,
        ErrorCode.INVALID_FORM,
        ErrorCode.FILE_UNREADABLE,
        ErrorCode.INVALID_TEMPLATE,
        ErrorCode.INVALID_STRUCTURE,
        ErrorCode.ENGINE_UNAVAILABLE,
        ErrorCode.MISSING_POTENTIAL,
        ErrorCode.CONFLICT,
        *DAEMON,
        *REMOTE,
        *WORKER,
        *AIIDA,
    ),
    effect="write",
    timeout_s=180,
    example=Example({"template": "emt.static", "structures": [1], "key": "example-key-1"}),
)
JOBS_CANCEL = Method(
    "jobs.cancel",
    ControlJobParams,
    Control,
    "Kill a job; answers when it has ended, or says what it waits for.",
    errors=_CONTROL,
    effect="write",
    timeout_s=330,
    example=Example({"pk": 1}),
    confirm=Confirm("Kill 1 job: {row.pk} {row.label} ({row.template}, {row.state})?", about=JOBS_SHOW),
)
JOBS_PAUSE = Method(
    "jobs.pause",
    ControlJobParams,
    Control,
    "Pause a job.",
    errors=_CONTROL,
    effect="write",
    timeout_s=330,
    example=Example({"pk": 1}),
)
JOBS_PLAY = Method(
    "jobs.play",
    ControlJobParams,
    Control,
    "Let a paused job go on.",
    errors=_CONTROL,
    effect="write",
    timeout_s=330,
    example=Example({"pk": 1}),
)


METHODS = (
    JOBS_LIST,
    JOBS_SHOW,
    JOBS_SUBMIT,
    JOBS_CANCEL,
    JOBS_PAUSE,
    JOBS_PLAY,
)
