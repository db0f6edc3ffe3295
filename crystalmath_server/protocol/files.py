"""jobs.files, jobs.file, jobs.log: what a job wrote."""

from typing import Annotated, Literal

from crystalmath_server.protocol.errors import ErrorCode
from crystalmath_server.protocol.jobs import JobPk
from crystalmath_server.protocol.method import Bound, Doc, Example, Length, Method, Params
from crystalmath_server.protocol.record import record

REMOTE = "remote"
"""Source of a file that stayed on the computer."""


@record
class JobFile:
    """One file of a job."""

    source: Annotated[
        str, Doc("inputs: as sent to the computer; retrieved: as brought back; remote: left there")
    ]
    path: Annotated[str, Doc("name; of a file that was left there the whole path")]
    size: Annotated[int, Doc("size", "bytes")]


@record
class JobFiles:
    """The files of a job that AiiDA's repository holds, and those that it left on its computer."""

    rows: tuple[JobFile, ...]


@record
class ReadFileParams(Params):
    """A range of a file."""

    pk: Annotated[int, Bound(1), Doc("pk of the process node")]
    path: Annotated[str, Length(1, 4096)]
    source: Literal["inputs", "retrieved", "remote"] = "retrieved"
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


_AIIDA = (ErrorCode.NOT_READY, ErrorCode.STORAGE_UNREACHABLE)

JOBS_FILES = Method(
    "jobs.files",
    JobPk,
    JobFiles,
    "List the files of a job.",
    errors=(ErrorCode.NOT_FOUND, *_AIIDA),
    timeout_s=30,
    example=Example({"pk": 1}),
)
JOBS_FILE = Method(
    "jobs.file",
    ReadFileParams,
    FileRange,
    "Read a range of a file of a job.",
    errors=(ErrorCode.NOT_FOUND, *_AIIDA),
    timeout_s=30,
    example=Example({"pk": 1, "path": "_aiidasubmit.sh", "source": "inputs", "limit": 200}),
)
JOBS_LOG = Method(
    "jobs.log",
    JobPk,
    JobLog,
    "Show the log of a job.",
    errors=(ErrorCode.NOT_FOUND, *_AIIDA),
    timeout_s=30,
    example=Example({"pk": 1}),
)
METHODS = (JOBS_FILES, JOBS_FILE, JOBS_LOG)
