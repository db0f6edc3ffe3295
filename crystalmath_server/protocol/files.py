"""jobs.files, jobs.file, jobs.log: what a job wrote."""

from typing import Annotated, Literal

from crystalmath_server.protocol.error_codes import AIIDA, REMOTE
from crystalmath_server.protocol.errors import ErrorCode
from crystalmath_server.protocol.jobs import JobPk
from crystalmath_server.protocol.method import Bound, Doc, Example, Length, Method, Params
from crystalmath_server.protocol.record import record


@record
class JobFile:
    """One file of a job."""

    source: Annotated[str, Doc("inputs: as sent; retrieved: as retrieved; work: in the folder it runs in")]
    path: str
    size: Annotated[int, Doc("size", "bytes")]
    modified_at: Annotated[float, Doc("UNIX time of the last change there; 0 where unknown", "s")] = 0.0
    kind: Annotated[Literal["file", "folder", "other"], Doc("folder: one too deep to be looked into")] = (
        "file"
    )


@record
class ListFilesParams(Params):
    """Which files of a job."""

    pk: Annotated[int, Bound(1), Doc("pk of the process node")]
    source: Annotated[
        Literal["", "inputs", "retrieved", "work"],
        Doc("work: the folder on the cluster, as it is now; empty: what AiiDA's repository holds"),
    ] = ""
    depth: Annotated[int, Bound(1, 16), Doc("how deep the folder on the cluster is looked into")] = 4
    limit: Annotated[int, Bound(1, 10_000), Doc("most files of the folder on the cluster")] = 1000


@record
class JobFiles:
    """The files of a job."""

    rows: tuple[JobFile, ...]
    folder: Annotated[str, Doc("the folder on the cluster, where that was looked at")] = ""
    note: Annotated[str, Doc("what was left out, in words; empty where nothing was")] = ""


@record
class ReadFileParams(Params):
    """A range of a file."""

    pk: Annotated[int, Bound(1), Doc("pk of the process node")]
    path: Annotated[str, Length(1, 4096)]
    source: Literal["inputs", "retrieved", "work"] = "retrieved"
    offset: Annotated[int, Bound(0), Doc("first byte")] = 0
    limit: Annotated[int, Bound(1, 1_048_576), Doc("most bytes")] = 65_536


@record
class FileRange:
    """A range of a file, as text where it is UTF-8, else in base64."""

    path: str
    offset: int
    size: Annotated[int, Doc("size of the whole file", "bytes")]
    next_offset: Annotated[int, Doc("where to go on; equals size at the end")]
    encoding: Literal["utf-8", "base64"]
    content: str


@record
class LogLine:
    """One line of AiiDA's log of a job, or of the scheduler's output."""

    time_s: Annotated[float, Doc("UNIX time; 0 where unknown", "s")]
    level: str
    source: Annotated[str, Doc("logger, or the name of the file")]
    text: str


@record
class JobLog:
    """The log of a job, oldest line first."""

    lines: tuple[LogLine, ...]
    truncated: Annotated[bool, Doc("whether older lines were left out")] = False


JOBS_FILES = Method(
    "jobs.files",
    ListFilesParams,
    JobFiles,
    "List the files of a job, in AiiDA's repository or on the cluster.",
    errors=(ErrorCode.NOT_FOUND, ErrorCode.FILE_UNREADABLE, *REMOTE, *AIIDA),
    timeout_s=100,
    example=Example({"pk": 1}),
)
JOBS_FILE = Method(
    "jobs.file",
    ReadFileParams,
    FileRange,
    "Read a range of a file of a job.",
    errors=(ErrorCode.NOT_FOUND, ErrorCode.NOT_ALLOWED, ErrorCode.FILE_UNREADABLE, *REMOTE, *AIIDA),
    timeout_s=100,
    example=Example({"pk": 1, "path": "_aiidasubmit.sh", "source": "inputs", "limit": 200}),
    layout="content",
)
JOBS_LOG = Method(
    "jobs.log",
    JobPk,
    JobLog,
    "Show the log of a job.",
    errors=(ErrorCode.NOT_FOUND, *AIIDA),
    timeout_s=30,
    example=Example({"pk": 1}),
)
METHODS = (JOBS_FILES, JOBS_FILE, JOBS_LOG)
