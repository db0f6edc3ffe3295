"""jobs.files, jobs.file, jobs.log: files and log of a job."""

from typing import Annotated, Literal

from crystalmath_server.protocol.error_codes import AIIDA, REMOTE
from crystalmath_server.protocol.errors import ErrorCode
from crystalmath_server.protocol.jobs import JobPk
from crystalmath_server.protocol.method import Bound, Doc, Example, Length, Method, Params
from crystalmath_server.protocol.record import record


@record
class JobFile:
    """One file of a job."""

    source: Annotated[
        str, Doc("inputs: as submitted; retrieved: after the job; work: in the work folder on the cluster")
    ]
    path: str
    size: Annotated[int, Doc("size", "bytes")]
    modified_at: Annotated[float, Doc("UNIX time of the last modification; 0: unknown", "s")] = 0.0
    kind: Annotated[
        Literal["file", "folder", "other"], Doc("folder: not listed because it exceeds the depth")
    ] = "file"


@record
class ListFilesParams(Params):
    """Files of a job to list."""

    pk: Annotated[int, Bound(1), Doc("pk of the process node")]
    source: Annotated[
        Literal["", "inputs", "retrieved", "work"],
        Doc("work: the current work folder on the cluster; empty: files in AiiDA's repository"),
    ] = ""
    depth: Annotated[int, Bound(1, 16), Doc("folder depth to list on the cluster")] = 4
    limit: Annotated[int, Bound(1, 10_000), Doc("maximum number of files to list on the cluster")] = 1000


@record
class JobFiles:
    """The files of a job."""

    rows: tuple[JobFile, ...]
    folder: Annotated[str, Doc("work folder on the cluster, if listed")] = ""
    note: Annotated[str, Doc("what was omitted; empty: nothing")] = ""


@record
class ReadFileParams(Params):
    """A byte range of a file to read."""

    pk: Annotated[int, Bound(1), Doc("pk of the process node")]
    path: Annotated[str, Length(1, 4096)]
    source: Literal["inputs", "retrieved", "work"] = "retrieved"
    offset: Annotated[int, Bound(0), Doc("first byte to read")] = 0
    limit: Annotated[int, Bound(1, 1_048_576), Doc("maximum number of bytes")] = 65_536


@record
class FileRange:
    """A byte range of a file, as text if it is UTF-8, otherwise as base64."""

    path: str
    offset: int
    size: Annotated[int, Doc("size of the whole file", "bytes")]
    next_offset: Annotated[int, Doc("offset of the next read; equals size at the end")]
    encoding: Literal["utf-8", "base64"]
    content: str


@record
class LogLine:
    """One line of the job's AiiDA log or the scheduler's output."""

    time_s: Annotated[float, Doc("UNIX time; 0: unknown", "s")]
    level: str
    source: Annotated[str, Doc("logger or file name")]
    text: str


@record
class JobLog:
    """A job's log, oldest line first."""

    lines: tuple[LogLine, ...]
    truncated: Annotated[bool, Doc("whether older lines were left out")] = False


JOBS_FILES = Method(
    "jobs.files",
    ListFilesParams,
    JobFiles,
    "List the files of a job in AiiDA's repository or on the cluster.",
    errors=(ErrorCode.NOT_FOUND, ErrorCode.FILE_UNREADABLE, *REMOTE, *AIIDA),
    timeout_s=100,
    example=Example({"pk": 1}),
)
JOBS_FILE = Method(
    "jobs.file",
    ReadFileParams,
    FileRange,
    "Read a byte range of a job's file.",
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
