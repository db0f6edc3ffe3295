"""The files of a job in AiiDA's repository, and its log; runs on the AiiDA thread."""

import os
from collections.abc import Sequence
from pathlib import PurePosixPath
from typing import Any

from crystalmath_server.adapters.aiida.jobs.runs import last_run, load_job, load_run
from crystalmath_server.domain.jobs import nodes
from crystalmath_server.domain.results.excerpts import as_text
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
_SCHEDULER_FILES = {"scheduler_stdout": "_scheduler-stdout.txt", "scheduler_stderr": "_scheduler-stderr.txt"}


def list_files(pk: int, source: str = "") -> JobFiles:
    """Files of a job, inputs first; only those of `source` if given."""
    node = load_run(pk)
    wanted = (source,) if source else ("inputs", "retrieved")
    found = [(name, repository) for name in wanted if (repository := open_files(node, name))]
    files = [file for name, repository in found for file in _files(name, repository)]
    return JobFiles((*files, *([] if source else _remote_files(node, files))))


def _remote_files(node: Any, files: Sequence[JobFile]) -> list[JobFile]:
    """Files left on the cluster, from the listing that the job wrote when it ended."""
    listing = _tail(open_files(node, "retrieved"), LISTING)
    here = {PurePosixPath(file.path).name for file in files}
    return [JobFile("work", name, size) for name, size in remaining_files(listing, tuple(here)).items()]


def read_range(params: ReadFileParams) -> FileRange:
    """A byte range of a file."""
    repository = open_files(load_run(params.pk), params.source)
    path = PurePosixPath(params.path)
    if repository is None or path.is_absolute() or ".." in path.parts or "\0" in params.path:
        raise _no_file(params)
    try:
        with repository.open(str(path), "rb") as handle:
            size = handle.seek(0, os.SEEK_END)
            handle.seek(min(params.offset, size))
            data = handle.read(params.limit)
    except (FileNotFoundError, IsADirectoryError, NotADirectoryError):
        raise _no_file(params) from None
    offset = min(params.offset, size)
    encoding, content, used = as_text(data, at_end=offset + len(data) >= size)
    return FileRange(params.path, offset, size, offset + used, encoding, content)


def read_log(pk: int) -> JobLog:
    """AiiDA's log records of the job and its last run, then the scheduler output."""
    job = load_job(pk)
    node = last_run(job)
    records = _records({job.pk, node.pk})
    lines = [line for record in records for line in record]
    written = _scheduler_lines(node)
    truncated = len(records) == MAX_LINES or len(lines) + len(written) > MAX_LINES
    room = max(MAX_LINES - len(written), MAX_LINES // 2)
    return JobLog((*lines[-room:], *written[-(MAX_LINES // 2) :]), truncated)


def open_files(node: Any, source: str) -> Any:
    """The repository of a source, or None if there is none yet; the inputs of an import are nodes only."""
    if source == "inputs":
        is_read = getattr(node, "is_imported", False) and nodes.FILES in node.inputs
        return node.inputs[nodes.FILES].base.repository if is_read else node.base.repository
    folder = node.base.links.get_outgoing(link_label_filter="retrieved").first()
    return folder.node.base.repository if folder is not None else None


def _files(source: str, repository: Any) -> list[JobFile]:
    paths = sorted(str(root / name) for root, _dirs, names in repository.walk() for name in names)
    return [JobFile(source, path, _size(repository, path)) for path in paths]


def _size(repository: Any, path: str) -> int:
    """The file size, found by seeking; AiiDA's own method copies the file first."""
    with repository.open(path, "rb") as handle:
        return handle.seek(0, os.SEEK_END)


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
    from aiida import orm

    filters = {"dbnode_id": pk, "message": {"like": "Traceback%"}}
    query = orm.QueryBuilder().append(orm.Log, filters=filters, project="message", tag="log")
    found = query.order_by({"log": {"id": "desc"}}).first(flat=True)
    return str(found or "").rstrip().rpartition("\n")[2].strip()[:MAX_TROUBLE]


def _lines(time_s: float, level: str, source: str, text: str) -> list[LogLine]:
    return [LogLine(time_s, level, source, line[:MAX_LINE]) for line in text.splitlines()]


def _scheduler_lines(node: Any) -> list[LogLine]:
    repository = open_files(node, "retrieved")
    if repository is None:
        return []
    lines: list[LogLine] = []
    for option, default in _SCHEDULER_FILES.items():
        name = node.base.attributes.get(option, default)
        level = "ERROR" if option == "scheduler_stderr" else "INFO"
        lines += _lines(0.0, level, name, _tail(repository, name))
    return lines


def _tail(repository: Any, name: str) -> str:
    """The end of a file, or an empty string if the file does not exist."""
    if repository is None:
        return ""
    try:
        with repository.open(name, "rb") as handle:
            size = handle.seek(0, os.SEEK_END)
            handle.seek(max(0, size - _TAIL_BYTES))
            return handle.read(_TAIL_BYTES).decode(errors="replace")
    except FileNotFoundError:
        return ""
