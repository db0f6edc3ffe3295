"""A server on the fakes with jobs of every kind, for tests of the interface; real RPC, nothing computed."""

import argparse
import json
import math
import sys
import time
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from crystalmath_server import bootstrap, settings
from crystalmath_server.ports import Ports
from crystalmath_server.protocol.codes import CodeKind, CodeRow
from crystalmath_server.protocol.files import JobLog, LogLine
from crystalmath_server.protocol.jobs import JobDetail, JobState, NodeLink
from crystalmath_server.protocol.results import IonicStep, JobResults, Quantity
from crystalmath_server.protocol.structures import Lattice
from crystalmath_server.protocol.system import Part, PartState
from crystalmath_server.rpc.claim import claim
from crystalmath_server.rpc.server import Parts, RpcServer
from crystalmath_server.services.run_progress import RunProgress
from tests import fakes
from tests.fake_clusters import FakeCodes
from tests.fake_documents import FakeDocuments
from tests.fake_folders import FakeWorkFolders
from tests.fake_jobs import FakeJobs, FakeLauncher
from tests.loose_tasks import LooseTasks

HOSTILE = "evil \x1b[2J\x1b]0;owned\x07\u202egnp.exe\u202c \x9b31m label"
KINDS = (
    ("silicon cell", "Si2", "chgnet.relax", JobState.FINISHED, "", 0),
    ("copper static", "Cu4", "emt.static", JobState.RUNNING, "step 12, largest force 0.03 eV/Å", None),
    (
        "氧化镁 relax",
        "MgO",
        "chgnet.relax",
        JobState.QUEUED,
        "position 4 in the queue of partition main",
        None,
    ),
    (HOSTILE, "NaCl", "chgnet.static", JobState.FAILED, "the forces did not converge in 500 steps", 300),
    ("gold slab", "Au16", "emt.relax", JobState.PAUSED, "paused after five failed attempts to connect", None),
    ("perovskite", "BaTiO3", "chgnet.md", JobState.EXCEPTED, "a fault in the parser", None),
    ("rutile", "Ti2O4", "chgnet.relax", JobState.KILLED, "cancelled", None),
    ("quartz", "Si3O6", "chgnet.relax", JobState.COLLECTING, "retrieving", None),
    ("diamond", "C2", "chgnet.relax", JobState.PREPARING, "uploading the inputs", None),
    ("nickel", "Ni4", "emt.relax", JobState.CREATED, "waits for a worker of AiiDA's daemon", None),
)


class DemoJobs(FakeJobs):
    """Jobs with more to look at."""

    async def show(self, pk: int) -> JobDetail:
        detail = await super().show(pk)
        row = detail.row
        return replace(
            detail,
            process_type="CalcJobNode",
            explanation=f"{row.reason or 'It is ' + row.state}.",
            hint="" if row.state is JobState.FINISHED else "Press p to let it go on.",
            engine="CHGNet 0.4.2",
            values={"relax_cell": True, "fmax": 0.01, "steps": 500},
            outputs=(NodeLink("structure", 77, "StructureData", row.formula),),
        )

    async def log(self, pk: int) -> JobLog:
        job = self.get(pk)
        lines = (LogLine(job.row.created_at + i, "REPORT", "demo", f"log line {i}") for i in range(60))
        return JobLog((*lines, LogLine(job.row.modified_at, "WARNING", "demo", "a long warning " * 20)))

    async def results(self, pk: int) -> JobResults:
        row = self.get(pk).row
        steps = tuple(IonicStep(i, -10.8 + math.exp(-i / 4), 0.5 * math.exp(-i / 5)) for i in range(24))
        quantities = (
            Quantity(name="energy", title="energy", value=-10.8, unit="eV", source=row.uuid),
            Quantity(
                name="energy_per_atom", title="energy per atom", value=-5.4, unit="eV/atom", source=row.uuid
            ),
            Quantity(name="max_force", title="largest force", value=0.0042, unit="eV/Å", source=row.uuid),
            Quantity(
                name="stress",
                title="stress",
                value=[[0.1, 0.0, 0.0], [0.0, 0.1, 0.0], [0.0, 0.0, 0.1]],
                unit="GPa",
                source=row.uuid,
            ),
        )
        before = Lattice(3.95, 3.95, 3.95, 60.0, 60.0, 60.0, 43.6)
        after = Lattice(3.8, 3.8, 3.8, 60.0, 60.0, 60.0, 39.4)
        return JobResults(
            pk=pk,
            state=row.state,
            engine="CHGNet 0.4.2",
            quantities=quantities,
            steps=steps,
            lattice_before=before,
            lattice_after=after,
        )


def _step(number: int) -> bytes:
    """A line of a run under way."""
    row = {
        "step": number,
        "energy_ev": -3.0,
        "max_force_ev_a": 0.5 / 2**number,
        "time_s": number,
    }
    return json.dumps(row).encode() + b"\n"


def filled(count: int) -> DemoJobs:
    """Jobs of all kinds, the newest last."""
    jobs, now = DemoJobs(), time.time()
    for index in range(count):
        label, formula, template, state, reason, status = KINDS[index % len(KINDS)]
        born = now - (count - index) * 731
        job = jobs.add(
            state, label=label, formula=formula, template=template, reason=reason, exit_status=status
        )
        jobs.put(replace(job.row, created_at=born, modified_at=born + 60))
        job.files["retrieved", "big.out"] = b"".join(b"line %d\n" % i for i in range(20_000))
        if state is JobState.RUNNING:
            job.files["work", "progress.jsonl"] = b"".join(map(_step, range(12)))
        job.files["retrieved", "wave.bin"] = bytes(range(256))
    return jobs


def serve(path: Path, count: int, slow_s: float) -> int:
    """Serve until told to end."""
    found = claim(path)
    if found is None:
        return 0
    chosen = settings.load(Path("/nonexistent/config.toml"), {})
    jobs = filled(count)
    launcher = FakeLauncher(jobs)
    launcher.submit_s = slow_s
    codes = FakeCodes()
    codes.rows[2] = CodeRow(
        pk=2,
        uuid="u",
        label="vasp_std",
        cluster="localhost",
        kind=CodeKind.VASP_STD,
        path="/opt/vasp/bin/vasp_std",
    )
    progress = RunProgress(jobs, FakeWorkFolders(jobs), LooseTasks())
    made = replace(
        fakes.ports(),
        jobs=jobs,
        documents=FakeDocuments(jobs),
        launcher=launcher,
        progress=progress,
        codes=codes,
    )

    @asynccontextmanager
    async def compose(server: RpcServer) -> AsyncGenerator[Ports]:
        ready = Part(PartState.READY)
        server.parts = Parts(lambda: ready, lambda: ready, lambda: ready, lambda: jobs.revision)
        yield replace(made, server=server)

    try:
        bootstrap.run(chosen, "demo", found, compose)
    finally:
        found.release()
    return 0


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("socket", type=Path)
    parser.add_argument("--jobs", type=int, default=30)
    parser.add_argument("--slow", type=float, default=0.0, help="how long a submit takes [s]")
    given = parser.parse_args()
    raise SystemExit(serve(given.socket, given.jobs, given.slow))
