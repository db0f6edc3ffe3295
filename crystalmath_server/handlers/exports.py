"""jobs.dump, jobs.export: write jobs to files on this machine."""

from crystalmath_server.ports import Ports
from crystalmath_server.protocol.exports import ArchiveParams, DumpedJob, DumpParams, WrittenFile


async def dump(ports: Ports, params: DumpParams) -> DumpedJob:
    """Write a job as a readable folder."""
    return await ports.exports.dump(params, ports.server.progress)


async def archive(ports: Ports, params: ArchiveParams) -> WrittenFile:
    """Write jobs as an AiiDA archive."""
    return await ports.exports.archive(params, ports.server.progress)
