"""jobs.clone, jobs.retry, jobs.restart: run a job again, modified, unchanged, or from where it stopped."""

from dataclasses import field
from typing import Annotated

from crystalmath_server.protocol.error_codes import AIIDA, DAEMON, REMOTE, WORKER
from crystalmath_server.protocol.errors import ErrorCode
from crystalmath_server.protocol.job_spec import JobSpec
from crystalmath_server.protocol.jobs import JobPk, Submitted
from crystalmath_server.protocol.method import Bound, Doc, Example, Key, Length, Method, Params
from crystalmath_server.protocol.record import record


@record
class LeftOut:
    """An option of the earlier job that the new job cannot take over unchanged."""

    field: Annotated[str, Doc("parameter of jobs.submit")]
    reason: Annotated[str, Doc("why, and how to resolve it")]


@record
class JobDraft:
    """Options for submitting a copy of a job: pass `spec` and a new key to jobs.submit."""

    pk: Annotated[int, Doc("pk of the earlier job")]
    spec: Annotated[
        JobSpec,
        Doc("options of the earlier job that are still valid; if template is empty, choose one"),
    ]
    left_out: tuple[LeftOut, ...] = ()


@record
class RetryJobParams(Params):
    """An ended job to run again with the same inputs. The same key always returns the same job."""

    pk: Annotated[int, Bound(1), Doc("pk of the process node")]
    key: Key
    label: Annotated[str, Length(0, 255), Doc("name of the new job; empty: same as the earlier job")] = ""


@record
class RestartJobParams(Params):
    """An ended VASP job to continue from. The same key always returns the same job."""

    pk: Annotated[int, Bound(1), Doc("pk of the process node")]
    key: Key
    label: Annotated[str, Length(0, 255), Doc("name of the new job; empty: same as the earlier job")] = ""
    correct: Annotated[bool, Doc("apply custodian's corrections to the input files")] = True
    edits: Annotated[dict[str, str], Doc("input file, e.g. INCAR → replacement text")] = field(
        default_factory=dict[str, str]
    )


JOBS_CLONE = Method(
    "jobs.clone",
    JobPk,
    JobDraft,
    "Show the jobs.submit options for a copy of a job.",
    errors=(ErrorCode.NOT_FOUND, *WORKER, *AIIDA),
    timeout_s=60,
    example=Example({"pk": 1}),
)
JOBS_RETRY = Method(
    "jobs.retry",
    RetryJobParams,
    Submitted,
    "Run an ended job again with the same inputs.",
    errors=(
        ErrorCode.NOT_FOUND,
        ErrorCode.NOT_ALLOWED,
        ErrorCode.CONFLICT,
        ErrorCode.COMPUTER_DISABLED,
        *DAEMON,
        *AIIDA,
    ),
    effect="write",
    timeout_s=120,
    example=Example({"pk": 1, "key": "example-retry-1"}),
)
JOBS_RESTART = Method(
    "jobs.restart",
    RestartJobParams,
    Submitted,
    "Continue an ended VASP job from its last positions and wavefunctions, with corrected input files.",
    errors=(
        ErrorCode.NOT_FOUND,
        ErrorCode.NOT_ALLOWED,
        ErrorCode.CONFLICT,
        ErrorCode.INVALID_FORM,
        ErrorCode.FILE_UNREADABLE,
        *DAEMON,
        *REMOTE,
        *WORKER,
        *AIIDA,
    ),
    effect="write",
    timeout_s=180,
    example=Example({"pk": 2, "key": "example-restart-1"}),
)
METHODS = (JOBS_CLONE, JOBS_RETRY, JOBS_RESTART)
