"""jobs.import: import calculations that were run outside crystalmath."""

from typing import Annotated

from crystalmath_server.protocol.clusters import LOCALHOST
from crystalmath_server.protocol.error_codes import AIIDA, DAEMON, REMOTE, WORKER
from crystalmath_server.protocol.errors import ErrorCode
from crystalmath_server.protocol.jobs import Submitted
from crystalmath_server.protocol.method import Doc, Example, Length, Method, Params
from crystalmath_server.protocol.record import record


@record
class ImportJobParams(Params):
    """A folder with a finished VASP run. The same key always returns the same job."""

    path: Annotated[str, Length(1, 4096), Doc("absolute path of the folder on the cluster")]
    cluster: Annotated[str, Length(1, 255), Doc("label of the cluster")] = LOCALHOST
    key: Annotated[
        str, Length(0, 200), Doc("idempotency key; empty: cluster and path, so each folder becomes one job")
    ] = ""
    label: Annotated[str, Length(0, 255), Doc("name of the job; empty: formula and template")] = ""
    description: Annotated[str, Length(0, 10_000)] = ""
    code: Annotated[
        str, Length(0, 255), Doc("label of the code that ran the calculation; empty: not recorded")
    ] = ""


JOBS_IMPORT = Method(
    "jobs.import",
    ImportJobParams,
    Submitted,
    "Import a folder with a VASP run as a job.",
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
