"""jobs.import: calculations that were done by other means become jobs."""

from typing import Annotated

from crystalmath_server.protocol.clusters import LOCALHOST
from crystalmath_server.protocol.error_codes import AIIDA, DAEMON, REMOTE, WORKER
from crystalmath_server.protocol.errors import ErrorCode
from crystalmath_server.protocol.jobs import Submitted
from crystalmath_server.protocol.method import Doc, Example, Length, Method, Params
from crystalmath_server.protocol.record import record


@record
class ImportJobParams(Params):
    """A folder in which VASP ran. The same key answers the same job, however often it is sent."""

    path: Annotated[str, Length(1, 4096), Doc("folder on the cluster, from the root")]
    cluster: Annotated[str, Length(1, 255), Doc("label of the cluster")] = LOCALHOST
    key: Annotated[
        str, Length(0, 200), Doc("idempotency key; empty: computer and path, so that a folder is one job")
    ] = ""
    label: Annotated[str, Length(0, 255), Doc("name of the job; empty: formula and template")] = ""
    description: Annotated[str, Length(0, 10_000)] = ""
    code: Annotated[
        str, Length(0, 255), Doc("label of the program there that ran it; empty: none is claimed")
    ] = ""


JOBS_IMPORT = Method(
    "jobs.import",
    ImportJobParams,
    Submitted,
    "Make a job of a folder in which VASP ran.",
    errors=(
        ErrorCode.NOT_FOUND,
        ErrorCode.INVALID_FORM,
        ErrorCode.CONFLICT,
        ErrorCode.FILE_UNREADABLE,
        ErrorCode.INVALID_STRUCTURE,
        *DAEMON,
        *REMOTE,
        *WORKER,
        *AIIDA,
    ),
    effect="write",
    timeout_s=180,
    example=Example({"path": "/scratch/me/si-relax", "cluster": LOCALHOST}),
)
METHODS = (JOBS_IMPORT,)
