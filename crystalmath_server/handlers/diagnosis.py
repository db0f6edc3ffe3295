"""jobs.diagnose: why a job waits, failed, or is stuck."""

from dataclasses import replace

from crystalmath_server.domain.diagnosis.diagnosis import diagnose as made_of
from crystalmath_server.domain.diagnosis.explain import Facts
from crystalmath_server.ports import Ports
from crystalmath_server.protocol.diagnosis import Diagnosis
from crystalmath_server.protocol.errors import RpcError
from crystalmath_server.protocol.jobs import JobPk, JobState


async def diagnose(ports: Ports, params: JobPk) -> Diagnosis:
    """The diagnosis from all available symptoms."""
    found = await ports.symptoms.of_job(params.pk)
    return made_of(replace(found, stuck=await _stuck(ports, found.facts)))


async def _stuck(ports: Ports, facts: Facts) -> str:
    """Why a running job seems stuck; empty if it does not, or if its files cannot be read."""
    if facts.state is not JobState.RUNNING:
        return ""
    try:
        progress = await ports.progress.look(facts.pk)
    except RpcError:
        return ""
    return progress.words if progress.stuck else ""
