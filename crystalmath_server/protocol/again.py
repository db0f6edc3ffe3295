"""jobs.clone, jobs.retry, jobs.restart: a job once more, changed, as it was, or from where it stopped."""

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
    """What a new job cannot have of the earlier one, or not without a change."""

    field: Annotated[str, Doc("parameter of jobs.submit")]
    reason: Annotated[str, Doc("why, and the way out, in words")]


@record
class JobDraft:
    """What jobs.submit needs for a job like another: the options in `spec`, and a new key."""

    pk: Annotated[int, Doc("pk of the earlier job")]
    spec: Annotated[
        JobSpec,
        Doc("options of the earlier job as far as they are still possible; without template: choose one"),
    ]
    left_out: tuple[LeftOut, ...] = ()


@record
class RetryJobParams(Params):
    """An ended job once more, with the same inputs. The same key answers the same job."""

    pk: Annotated[int, Bound(1), Doc("pk of the process node")]
    key: Key
    label: Annotated[str, Length(0, 255), Doc("name of the new job; empty: that of the earlier one")] = ""


@record
class RestartJobParams(Params):
    """An ended VASP job continued from. The same key answers the same job."""

    pk: Annotated[int, Bound(1), Doc("pk of the process node")]
    key: Key
    label: Annotated[str, Length(0, 255), Doc("name of the new job; empty: that of the earlier one")] = ""
    correct: Annotated[bool, Doc("correct the input files as custodian would")] = True
    edits: Annotated[dict[str, str], Doc("input file → text in its place, as INCAR")] = field(
        default_factory=dict[str, str]
    )


JOBS_CLONE = Method(
    "jobs.clone",
    JobPk,
    JobDraft,
    "Show what jobs.submit needs for a job like another.",
    errors=(ErrorCode.NOT_FOUND, *WORKER, *AIIDA),
    timeout_s=60,
    example=Example({"pk": 1}),
)
JOBS_RETRY = Method(
    "jobs.retry",
    RetryJobParams,
    Submitted,
    "Run an ended job once more with the same inputs.",
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
    "Continue from an ended VASP job: its input files corrected, from its last positions and wavefunctions.",
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
