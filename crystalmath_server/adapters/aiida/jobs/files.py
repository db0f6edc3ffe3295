"""The files of a job in AiiDA's repository, and its log; runs on the AiiDA threads."""

import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path, PurePosixPath

from crystalmath_server.adapters.aiida.jobs.job_record import JobRecord, read_job
from crystalmath_server.adapters.aiida.jobs.node_record import NodeRecord
from crystalmath_server.adapters.aiida.jobs.tables import last_traceback
from crystalmath_server.adapters.aiida.object_store import object_store
from crystalmath_server.domain.jobs import nodes
from crystalmath_server.domain.results.excerpts import as_text, last_line
from crystalmath_server.domain.vasp_run.retrieval import LISTING, remaining_files
from crystalmath_server.protocol.command import command
from crystalmath_server.protocol.errors import NotFound
from crystalmath_server.protocol.files import (
    JOBS_FILES,
    FileRange,
    JobFile,
    JobFiles,
    JobLog,
    LogLine,
    ReadFileParams,
)

MAX_LINES = 2000
MAX_LINE = 4000
MAX_TROUBLE = 400
_TAIL_BYTES = 65_536
_IMPORTED = "imported"
"""AiiDA's attribute of a calculation that was imported."""
_SCHEDULER_FILES = {"scheduler_stdout": "_scheduler-stdout.txt", "scheduler_stderr": "_scheduler-stderr.txt"}


def list_files(pk: int, source: str = "") -> JobFiles:
    """Files of a job, inputs first; only those of `source` if given."""
    run = read_job(pk).last_run
    found = [
        (name, path, key)
        for name in ((source,) if source else ("inputs", "retrieved"))
        for path, key in _files(run, name).items()
    ]
    sizes = object_store().sizes({key for *_, key in found})
    files = [JobFile(name, path, sizes[key]) for name, path, key in found]
    return JobFiles((*files, *([] if source else _remote_files(run, files))))


def _remote_files(run: JobRecord, files: Sequence[JobFile]) -> list[JobFile]:
    """Files left on the cluster, from the listing that the job wrote when it ended."""
    listing = _tail(_files(run, "retrieved"), LISTING)
    here = {PurePosixPath(file.path).name for file in files}
    return [JobFile("work", name, size) for name, size in remaining_files(listing, tuple(here)).items()]


def read_range(params: ReadFileParams) -> FileRange:
    """A byte range of a file."""
    key = _files(read_job(params.pk).last_run, params.source).get(str(PurePosixPath(params.path)))
    if key is None:
        raise _no_file(params)
    with object_store().stream(key) as (stream, size):
        stream.seek(min(params.offset, size))
        data = stream.read(params.limit)
    offset = min(params.offset, size)
    encoding, content, used = as_text(data, at_end=offset + len(data) >= size)
    return FileRange(params.path, offset, size, offset + used, encoding, content)


def read_log(pk: int) -> JobLog:
    """AiiDA's log records of the job and its last run, then the scheduler output."""
    job = read_job(pk)
    run = job.last_run
    records = _records({job.pk, run.pk})
    lines = [line for record in records for line in record]
    written = _scheduler_lines(run)
    truncated = len(records) == MAX_LINES or len(lines) + len(written) > MAX_LINES
    room = max(MAX_LINES - len(written), MAX_LINES // 2)
    return JobLog((*lines[-room:], *written[-(MAX_LINES // 2) :]), truncated)


def folder_of(run: JobRecord, source: str) -> NodeRecord | None:
    """The node that holds the files of a source, or None if there is none yet."""
    if source == "inputs":
        is_imported = run.node.attributes.get(_IMPORTED) is True  # then AiiDA wrote no input files
        return run.inputs.get(nodes.FILES, run.node) if is_imported else run.node
    return run.outputs.get("retrieved")


def copy_tree(node: NodeRecord, folder: Path) -> None:
    """Write the files of a node to a folder."""
    for path, key in node.files.items():
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        with object_store().stream(key) as (source, _size), target.open("wb") as out:
            shutil.copyfileobj(source, out)


def _files(run: JobRecord, source: str) -> Mapping[str, str]:
    """Path → key of the files of a source."""
    folder = folder_of(run, source)
    return folder.files if folder is not None else {}


def _no_file(params: ReadFileParams) -> NotFound:
    detail = f"Job {params.pk} has no file {params.path!r} among its {params.source}"
    return NotFound(detail, field="path", hint=f"See: {command(JOBS_FILES, pk=params.pk)}")


def _records(pks: set[int]) -> list[list[LogLine]]:
    """The last log records, oldest first, split into lines."""
    from aiida import orm

    project = ["time", "levelname", "loggername", "message"]
    query = orm.QueryBuilder().append(
        orm.Log, filters={"dbnode_id": {"in": sorted(pks)}}, project=project, tag="log"
    )
    rows = query.order_by({"log": [{"time": "desc"}, {"id": "desc"}]}).limit(MAX_LINES).all()
    return [_lines(time.timestamp(), level, name, text) for time, level, name, text in reversed(rows)]


def last_trouble(pk: int) -> str:
    """The last line of the newest traceback in a job's log, or an empty string."""
    return last_line(last_traceback(pk))[:MAX_TROUBLE]


def _lines(time_s: float, level: str, source: str, text: str) -> list[LogLine]:
    return [LogLine(time_s, level, source, line[:MAX_LINE]) for line in text.splitlines()]


def _scheduler_lines(run: JobRecord) -> list[LogLine]:
    files = _files(run, "retrieved")
    lines: list[LogLine] = []
    for option, default in _SCHEDULER_FILES.items():
        name = run.node.attributes.get(option, default)
        level = "ERROR" if option == "scheduler_stderr" else "INFO"
        lines += _lines(0.0, level, name, _tail(files, name))
    return lines


def _tail(files: Mapping[str, str], name: str) -> str:
    """The end of a file, or an empty string if the file does not exist."""
    if name not in files:
        return ""
    with object_store().stream(files[name]) as (stream, size):
        stream.seek(max(0, size - _TAIL_BYTES))
        return stream.read(_TAIL_BYTES).decode(errors="replace")
