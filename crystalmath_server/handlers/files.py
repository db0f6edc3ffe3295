"""jobs.files, jobs.file, jobs.log: files and log of a job, read in ranges."""

from crystalmath_server.domain.potcars import licensed
from crystalmath_server.domain.results.excerpts import as_text
from crystalmath_server.ports import Ports
from crystalmath_server.protocol.files import FileRange, JobFiles, JobLog, ListFilesParams, ReadFileParams
from crystalmath_server.protocol.jobs import JobPk


async def files(ports: Ports, params: ListFilesParams) -> JobFiles:
    """The files of a job."""
    if params.source == "work":
        return await ports.work.tree(params.pk, params.depth, params.limit)
    return await ports.jobs.files(params.pk, params.source)


async def file(ports: Ports, params: ReadFileParams) -> FileRange:
    """A range of a job's file, except POTCAR."""
    licensed.check(params.path)
    if params.source != "work":
        return await ports.jobs.read(params)
    piece = await ports.work.read(params.pk, params.path, params.offset, params.limit)
    offset = min(params.offset, piece.size)
    at_end = offset + len(piece.data) >= piece.size
    encoding, content, used = as_text(piece.data, at_end=at_end)
    return FileRange(params.path, offset, piece.size, offset + used, encoding, content)


async def log(ports: Ports, params: JobPk) -> JobLog:
    """The log of a job."""
    return await ports.jobs.log(params.pk)
