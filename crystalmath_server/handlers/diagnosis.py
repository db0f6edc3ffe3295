"""jobs.diagnose: why a job waits, failed, or stands still."""

from crystalmath_server.domain.diagnosis import diagnose as made_of
from crystalmath_server.ports import Ports
from crystalmath_server.protocol.diagnosis import Diagnosis
from crystalmath_server.protocol.jobs import JobPk


async def diagnose(ports: Ports, params: JobPk) -> Diagnosis:
    """One answer from all that is known."""
    return made_of(await ports.symptoms.of_job(params.pk))
