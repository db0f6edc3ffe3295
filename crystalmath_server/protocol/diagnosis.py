"""jobs.diagnose: why a job waits, failed, or is stuck, with evidence and next steps."""

from typing import Annotated, Literal

from crystalmath_server.protocol.error_codes import AIIDA
from crystalmath_server.protocol.errors import ErrorCode
from crystalmath_server.protocol.jobs import JobPk, JobRun, JobState
from crystalmath_server.protocol.method import Doc, Example, Method
from crystalmath_server.protocol.record import record

Action = Literal[
    "play",
    "retry",
    "restart",
    "clone",
    "cancel",
    "log",
    "file",
    "test cluster",
    "queue",
    "codes",
    "potcars",
    "status",
    "wait",
]


@record
class Evidence:
    """A line of evidence for the cause."""

    source: Annotated[str, Doc("job file or other source of the line, e.g. AiiDA's log")]
    line: Annotated[int, Doc("line number in the file, from 1; 0 if the source is not a file")]
    text: str


@record
class NextStep:
    """A possible next step; the first in the list is the best."""

    action: Annotated[Action, Doc("action that an interface can bind to a key")]
    title: str
    target: Annotated[str, Doc("pk of a job, label of a cluster, or name of a file")] = ""
    command: Annotated[str, Doc("the equivalent command; empty if there is nothing to run")] = ""


@record
class Diagnosis:
    """Why a job waits, why it failed, and whether it is stuck."""

    pk: int
    step_pk: Annotated[int, Doc("the job that waits or failed: this job or one it called")]
    state: JobState
    cause: Annotated[str, Doc("code of the cause, e.g. walltime or vasp.zbrent; unknown if none fits")]
    title: Annotated[str, Doc("the cause in one sentence")]
    detail: Annotated[str, Doc("consequences of the cause, or how to fix it")]
    evidence: tuple[Evidence, ...]
    steps: tuple[NextStep, ...]
    path: Annotated[tuple[int, ...], Doc("pks from this job down to step_pk")] = ()
    runs: Annotated[tuple[JobRun, ...], Doc("runs of a self-correcting job, oldest first")] = ()


JOBS_DIAGNOSE = Method(
    "jobs.diagnose",
    JobPk,
    Diagnosis,
    "Explain why a job waits, failed, or is stuck, and what to do.",
    errors=(ErrorCode.NOT_FOUND, *AIIDA),
    timeout_s=120,
    example=Example({"pk": 1}),
)
METHODS = (JOBS_DIAGNOSE,)
