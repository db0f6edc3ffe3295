"""jobs.files, jobs.file, jobs.log: what a job wrote, read in parts."""

from crystalmath_server.ports import Ports
from crystalmath_server.protocol.files import FileRange, JobFiles, JobLog, ReadFileParams
from crystalmath_server.protocol.jobs import JobPk


async def files(ports: Ports, params: JobPk) -> JobFiles:
    """The files of a job."""
    return await ports.jobs.files(params.pk)


async def file(ports: Ports, params: ReadFileParams) -> FileRange:
    """A range of a file of a job."""
    return await ports.jobs.read(params)


async def log(ports: Ports, params: JobPk) -> JobLog:
    """The log of a job."""
    return await ports.jobs.log(params.pk)
