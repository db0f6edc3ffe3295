"""Two running jobs on the fakes, and the file that one of them writes as it goes."""

import asyncio
import json
from dataclasses import replace
from typing import TYPE_CHECKING

from crystalmath_server.handlers import progress
from crystalmath_server.protocol.jobs import JobState
from crystalmath_server.protocol.progress import JobProgress, ProgressOfJobParams
from tests import fakes
from tests.fake_jobs import PLAN, FakeJobs

if TYPE_CHECKING:
    from tests.fake_folders import FakeWorkFolders

FILE = "progress.jsonl"


def line(step: int, force: float = 0.5) -> bytes:
    row = {"step": step, "energy_ev": -1.0 - step, "max_force_ev_a": force, "time_s": 2.0 * step}
    return json.dumps(row).encode() + b"\n"


class Scene:
    """One running job of ASE, pk 1, and one of VASP, pk 2."""

    def __init__(self) -> None:
        self.jobs = FakeJobs()
        self.ports = fakes.ports(jobs=self.jobs)
        self.work: FakeWorkFolders = self.ports.work  # type: ignore[assignment]
        rendered = replace(PLAN.prepared.rendered, template="vasp.relax")
        prepared = replace(PLAN.prepared, rendered=rendered)
        self.jobs.add(JobState.RUNNING, replace(PLAN, prepared=prepared))

    def look(self, pk: int = 1, points: int = 10) -> JobProgress:
        return asyncio.run(progress.progress(self.ports, ProgressOfJobParams(pk, points)))
