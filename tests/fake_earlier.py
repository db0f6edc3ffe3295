"""Earlier jobs in memory, with the refusals of the real ones; nothing is laid out."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from crystalmath_server.domain.vasp_run.restart import PreviousRun
from crystalmath_server.protocol.errors import InvalidForm, NotFound
from crystalmath_server.protocol.jobs import ENDED
from tests.fake_jobs import FakeJobs


class FakeEarlierRuns:
    """Jobs of VASP that have ended."""

    def __init__(self, jobs: FakeJobs) -> None:
        self._jobs = jobs

    @asynccontextmanager
    async def open_folder(self, pk: int, cluster: str) -> AsyncGenerator[PreviousRun]:
        if pk not in self._jobs.jobs:
            raise NotFound(f"There is no job {pk}.", field="restart_pk", hint="See: jobs.list")
        row = self._jobs.get(pk).row
        if not row.template.startswith("vasp."):
            raise InvalidForm(f"Job {pk} is none of VASP.", field="restart_pk", hint="Name another.")
        if row.state not in ENDED:
            raise InvalidForm(f"Job {pk} has not ended.", field="restart_pk", hint="Wait for it.")
        if cluster not in ("", row.cluster):
            raise InvalidForm(f"Job {pk} ran on {row.cluster}.", field="restart_pk", hint="Submit there.")
        yield PreviousRun(pk, row.uuid, row.cluster, "/nowhere")
