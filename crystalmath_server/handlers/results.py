"""jobs.results: what a job computed."""

from crystalmath_server.ports import Ports
from crystalmath_server.protocol.jobs import JobPk
from crystalmath_server.protocol.results import JobResults


async def results(ports: Ports, params: JobPk) -> JobResults:
    """What a job computed."""
    return await ports.jobs.results(params.pk)
