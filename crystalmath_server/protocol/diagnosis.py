"""jobs.diagnose: why a job waits, failed, or stands still; the evidence, and what to do next."""

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
    """A line that shows the cause."""

    source: Annotated[str, Doc("name of a file of the job, or what else said it, as AiiDA's log")]
    line: Annotated[int, Doc("line of the file, from 1; 0 where it is not a file")]
    text: str


@record
class NextStep:
    """Something that may be done now; the first one is the best."""

    action: Annotated[Action, Doc("what an interface may offer under a key")]
    title: str
    target: Annotated[str, Doc("pk of a job, label of a cluster, or name of a file")] = ""
    command: Annotated[str, Doc("the same on the command line; empty where nothing is to be done")] = ""


@record
class Diagnosis:
    """One answer to why it waits, why it failed, and whether it is stuck."""

    pk: int
    step_pk: Annotated[int, Doc("the job that waits or failed: this one, or one that it called")]
    state: JobState
    cause: Annotated[str, Doc("code of the cause, as walltime or vasp.zbrent; unknown where none fits")]
    title: Annotated[str, Doc("the cause in one sentence")]
    detail: Annotated[str, Doc("what follows from it, or what would fix it, in words")]
    evidence: tuple[Evidence, ...]
    steps: tuple[NextStep, ...]
    path: Annotated[tuple[int, ...], Doc("pks from this job to the step")] = ()
    runs: Annotated[tuple[JobRun, ...], Doc("of a job that corrects itself, the first one first")] = ()


JOBS_DIAGNOSE = Method(
    "jobs.diagnose",
    JobPk,
    Diagnosis,
    "Say why a job waits, failed, or stands still, and what to do.",
    errors=(ErrorCode.NOT_FOUND, *AIIDA),
    timeout_s=120,
    example=Example({"pk": 1}),
)
METHODS = (JOBS_DIAGNOSE,)
