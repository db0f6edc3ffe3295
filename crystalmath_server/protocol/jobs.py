"""jobs.*: calculations and workflows, stored as AiiDA process nodes."""

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
    """The state of a job, derived from AiiDA's fields by domain/states.py."""

    CREATED = "created"  # stored, not yet picked up by a daemon worker
    PREPARING = "preparing"  # inputs are being written, uploaded and submitted
    QUEUED = "queued"  # pending in the scheduler's queue
    RUNNING = "running"
    COLLECTING = "collecting"  # results are being retrieved and parsed
    PAUSED = "paused"
    FINISHED = "finished"  # exit status 0
    FAILED = "failed"  # any other exit status
    EXCEPTED = "excepted"
    KILLED = "killed"


ENDED = frozenset({JobState.FINISHED, JobState.FAILED, JobState.EXCEPTED, JobState.KILLED})
"""Final states."""


@record
class ListJobsParams(Params):
    """Filters and sort order of the job list; a job must pass all filters."""

    states: Annotated[tuple[JobState, ...], Doc("states to include; empty: all")] = ()
    label: Annotated[str, Length(0, 255), Doc("part of label or formula, case-insensitive")] = ""
    regex: Annotated[bool, Doc("treat label as a regular expression")] = False
    invert: Annotated[bool, Doc("show jobs that do not match label")] = False
    template: Annotated[str, Doc("template, e.g. emt.relax; empty: all")] = ""
    cluster: Annotated[str, Doc("label of the cluster; empty: all")] = ""
    held: Annotated[bool, Doc("only held jobs")] = False
    created_after: Annotated[float | None, Doc("UNIX time", "s")] = None
    created_before: Annotated[float | None, Doc("UNIX time", "s")] = None
    sort: Literal["pk", "modified", "state", "label", "formula", "template", "cluster"] = "pk"
    descending: bool = True
    limit: Annotated[int, Bound(1, 500)] = 100
    cursor: Annotated[str, Doc("next_cursor of the previous page")] = ""


@dataclass(frozen=True)  # without slots: orjson serializes it four times faster
class JobRow:
    """One job in a list."""

    pk: int
    uuid: Uuid
    label: str
    state: JobState
    template: Annotated[str, Doc("template, or AiiDA's process label if there is none")]
    formula: str
    cluster: Annotated[str, Doc("label of the cluster")]
    created_at: Annotated[float, Doc("UNIX time", "s")]
    modified_at: Annotated[float, Doc("UNIX time", "s")]
    exit_status: int | None = None
    reason: Annotated[str, Doc("why the job waits or why it ended")] = ""
    held: Annotated[
        bool, Doc("held until the cluster has room for another job; jobs.play starts it now"), JsonOnly()
    ] = False


@record
class JobsPage:
    """A page of jobs at a revision of the list."""

    revision: int
    rows: tuple[JobRow, ...]
    total: Annotated[int, Doc("number of jobs that pass the filters")]
    counts: Annotated[
        dict[str, int], Doc("state → number of jobs that pass all filters except the state filter")
    ]
    next_cursor: Annotated[str, Doc("empty on the last page")]


@record
class JobPk(Params):
    """A job by pk."""

    pk: Annotated[int, Bound(1), Doc("pk of the process node")]


@record
class NodeLink:
    """One input or output node."""

    label: str
    pk: int
    type: Annotated[str, Doc("node class, e.g. StructureData")]
    summary: str = ""


@record
class JobRun:
    """One run of a self-correcting job, and custodian's corrections after it."""

    pk: int
    state: JobState
    exit_status: int | None = None
    reason: Annotated[str, Doc("how the run ended")] = ""
    correction: Annotated[str, Doc("errors and the corrections for the next run; empty: none")] = ""
    diffs: Annotated[dict[str, str], Doc("file → unified diff from this run to the next")] = field(
        default_factory=dict[str, str]
    )
    copied: Annotated[tuple[str, ...], Doc("large files copied into the next run")] = ()


class FlowJobState(StrEnum):
    """The state of a job within its workflow."""

    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    BLOCKED = "blocked"  # a job that it needs has failed
    STOPPED = "stopped"  # an earlier job told its children, or the whole workflow, to stop


@record
class FlowJob:
    """One job of a workflow."""

    name: str
    state: FlowJobState
    kind: Annotated[str, Doc("engine runs on the cluster, light in AiiDA's worker")]
    pk: Annotated[int | None, Doc("pk of its process; none before it starts")] = None
    reason: Annotated[str, Doc("why it failed")] = ""


@record
class JobDetail:
    """One job with its settings, links and an explanation of its state."""

    row: JobRow
    description: str
    process_type: str
    process_state: Annotated[str, Doc("AiiDA's process state")]
    scheduler_state: Annotated[str, Doc("AiiDA's scheduler state; empty: unknown")]
    scheduler_job_id: str
    remote_work_dir: str
    exit_message: str
    explanation: Annotated[str, Doc("what the job is doing or how it ended")]
    hint: Annotated[str, Doc("what to do next; empty if nothing")]
    engine: Annotated[str, Doc("engine and version, e.g. CHGNet 0.4.2")]
    values: Annotated[dict[str, Json], Doc("template settings, form field name → value")]
    inputs: tuple[NodeLink, ...]
    outputs: tuple[NodeLink, ...]
    structure_pk: int | None = None
    caller_pk: int | None = None
    called: tuple[int, ...] = ()
    edits: Annotated[dict[str, str], Doc("hand-edited file → unified diff against the template's file")] = (
        field(default_factory=dict[str, str])
    )
    retry_of: Annotated[int | None, Doc("pk of the job that this job retries")] = None
    options: Annotated[dict[str, Json], Doc("other jobs.submit options that differ from their defaults")] = (
        field(default_factory=dict[str, Json])
    )
    runs: Annotated[tuple[JobRun, ...], Doc("runs of a self-correcting job, oldest first")] = ()
    jobs: Annotated[tuple[FlowJob, ...], Doc("jobs of a workflow that are known so far")] = ()


@record
class SubmitJobParams(JobSpec):
    """The options of a job and of its submission. The same key always returns the same job."""

    key: Key = field(kw_only=True)
    digest: Annotated[str, Doc("digest from templates.render; if given, it must match")] = ""
    confirm: Annotated[bool, Doc("run edited files despite warnings; a digest also confirms")] = False
    reuse: Annotated[
        bool,
        Doc("reuse the results of a job with the same inputs, if one exists", title="reuse results"),
    ] = False


@record
class Submitted:
    """The job submitted under a key."""

    pk: int
    uuid: str
    state: JobState
    template: Annotated[str, Doc("full name, e.g. emt.relax")]
    reused: Annotated[bool, Doc("whether this key was submitted before")]


@record
class ControlJobParams(Params):
    """A job, and how long to wait for the effect."""

    pk: Annotated[int, Bound(1), Doc("pk of the process node")]
    wait_s: Annotated[float, Bound(0, 300), Doc("longest wait for the effect", "s")] = 20.0


@record
class Control:
    """The outcome of a control request."""

    pk: int
    state: JobState
    done: Annotated[bool, Doc("whether the job reached the requested state")]
    waiting_for: Annotated[str, Doc("what still has to happen; empty if done")] = ""


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
    "Show a job.",
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
    "Kill a job and wait for its end for at most wait_s seconds.",
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
    "Resume a paused job.",
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
