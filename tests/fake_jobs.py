"""Jobs in memory, and a launcher that shares them."""

import asyncio
import time
import uuid
from dataclasses import dataclass, field, replace
from typing import Any

import anyio

from crystalmath_server.domain.diagnosis.explain import Facts
from crystalmath_server.domain.diagnosis.symptoms import Symptoms
from crystalmath_server.domain.jobs.index import JobIndex, is_quick
from crystalmath_server.domain.jobs.kept_options import shown_options
from crystalmath_server.domain.jobs.past_job import PastJob
from crystalmath_server.domain.jobs.patterns import compile_pattern
from crystalmath_server.domain.jobs.plans import JobPlan, PreparedInputs
from crystalmath_server.domain.results.excerpts import as_text
from crystalmath_server.domain.vasp_run.continuation import EndedRun, NextInputs
from crystalmath_server.protocol.errors import Conflict, NotAllowed, NotFound
from crystalmath_server.protocol.files import FileRange, JobFile, JobFiles, JobLog, LogLine, ReadFileParams
from crystalmath_server.protocol.job_spec import JobSpec
from crystalmath_server.protocol.jobs import (
    ENDED,
    Control,
    JobDetail,
    JobRow,
    JobsPage,
    JobState,
    ListJobsParams,
    NodeLink,
    Submitted,
)
from crystalmath_server.protocol.results import IonicStep, JobResults, Quantity
from crystalmath_server.protocol.templates import Rendered

PLAN = JobPlan(
    JobSpec("emt.relax", (1,), cluster="localhost"),
    PreparedInputs(
        rendered=Rendered("emt.relax", (), (), ""), maker={}, engine="EMT 1", versions={}, values={}
    ),
    options={"prepend_text": "# café"},
)


@dataclass
class Job:
    """A job and what belongs to it."""

    row: JobRow
    plan: JobPlan = PLAN
    files: dict[tuple[str, str], bytes] = field(default_factory=dict[tuple[str, str], bytes])
    goes_on_as: JobState = JobState.RUNNING
    retry_of: int | None = None


class FakeJobs:
    """Jobs in memory, listed by the index that the real store has too."""

    def __init__(self) -> None:
        self.index = JobIndex(1)
        self.jobs: dict[int, Job] = {}

    @property
    def revision(self) -> int:
        return self.index.revision

    def add(self, state: JobState = JobState.FINISHED, plan: JobPlan = PLAN, **changes: Any) -> Job:
        pk = len(self.jobs) + 1
        label, template = plan.spec.label or f"job {pk}", plan.prepared.rendered.template
        row = JobRow(
            pk=pk,
            uuid=str(uuid.uuid4()),
            label=label,
            state=state,
            template=template,
            formula="Cu4",
            cluster=plan.spec.cluster,
            created_at=float(pk),
            modified_at=float(pk),
        )
        script = f"#!/bin/bash\n{plan.options.get('prepend_text', '')}\nexit 0\n".encode()
        self.jobs[pk] = Job(row, plan, {("inputs", "_aiidasubmit.sh"): script})
        self.put(replace(row, **changes))
        return self.jobs[pk]

    def put(self, row: JobRow) -> None:
        self.jobs[row.pk].row = row
        self.index.upsert([row])

    def get(self, pk: int) -> Job:
        if pk not in self.jobs:
            raise NotFound(f"There is no job with pk {pk}.", field="pk")
        return self.jobs[pk]

    def change(self, pk: int, state: JobState) -> None:
        self.put(replace(self.get(pk).row, state=state, modified_at=time.time()))

    def on_cluster(self, label: str) -> list[int]:
        return [row.pk for row in self.index if row.cluster == label]

    def page_at_once(self, params: ListJobsParams) -> JobsPage | None:
        return self.index.page(params) if is_quick(params) else None

    async def list_jobs(self, params: ListJobsParams) -> JobsPage:
        if not (params.regex and params.label):
            return self.index.page(params)
        pattern = compile_pattern(params.label)
        return self.index.page(params, lambda text: pattern.search(text) is not None)

    async def show(self, pk: int) -> JobDetail:
        job = self.get(pk)
        structure = NodeLink("structure", job.plan.spec.structures[0], "StructureData")
        return JobDetail(
            row=job.row,
            description=job.plan.spec.description,
            process_type="fake",
            process_state=str(job.row.state),
            scheduler_state="",
            scheduler_job_id="",
            remote_work_dir="",
            exit_message="",
            explanation=f"It is {job.row.state}.",
            hint="",
            engine=job.plan.prepared.engine,
            values=dict(job.plan.prepared.values),
            inputs=(structure,),
            outputs=(),
            structure_pk=structure.pk,
            edits=dict(job.plan.prepared.rendered.edits),
            retry_of=job.retry_of,
            options=shown_options(job.plan.spec),
        )

    async def recall(self, pk: int) -> PastJob:
        job = self.get(pk)
        row, plan, rendered = job.row, job.plan, job.plan.prepared.rendered
        machines = {"num_machines": 1, "num_mpiprocs_per_machine": 1}
        edits = {file.name: file.text for file in rendered.files if file.name in rendered.edits}
        spec = replace(
            plan.spec,
            template=row.template,
            values=plan.prepared.values,
            label=row.label,
            cluster=row.cluster,
            edits=edits,
        )
        return PastJob(
            pk=pk,
            uuid=row.uuid,
            state=row.state,
            spec=spec,
            formula=row.formula,
            options={"resources": machines, **plan.options},
        )

    async def state(self, pk: int) -> JobState:
        return self.get(pk).row.state

    async def files(self, pk: int, source: str = "") -> JobFiles:
        wanted = (source,) if source else ("inputs", "retrieved", "work")
        held = self.get(pk).files.items()
        return JobFiles(tuple(JobFile(s, p, len(data)) for (s, p), data in held if s in wanted))

    async def read(self, params: ReadFileParams) -> FileRange:
        data = self.get(params.pk).files.get((params.source, params.path))
        if data is None:
            raise NotFound(f"Job {params.pk} has no file {params.path} in {params.source}.", field="path")
        offset = min(params.offset, len(data))
        part = data[offset : offset + params.limit]
        encoding, content, used = as_text(part, at_end=offset + len(part) == len(data))
        return FileRange(
            path=params.path,
            offset=offset,
            size=len(data),
            next_offset=offset + used,
            encoding=encoding,
            content=content,
        )

    async def log(self, pk: int) -> JobLog:
        return JobLog((LogLine(self.get(pk).row.created_at, "REPORT", "fake", "submitted"),))

    async def results(self, pk: int) -> JobResults:
        job = self.get(pk)
        found = JobResults(
            pk=pk,
            state=job.row.state,
            engine=job.plan.prepared.engine,
            quantities=(),
            steps=(),
            structure_before_pk=job.plan.spec.structures[0],
        )
        if job.row.state is not JobState.FINISHED:
            return found
        energy = Quantity(
            name="energy_per_atom", title="energy per atom", value=-3.5, unit="eV/atom", source=job.row.uuid
        )
        return replace(found, quantities=(energy,), steps=(IonicStep(0, -14.0, 0.01),))


class FakeLauncher:
    """One key, one job; jobs stay as they are made until told otherwise."""

    def __init__(self, jobs: FakeJobs) -> None:
        self._jobs = jobs
        self._locks: dict[str, asyncio.Lock] = {}
        self.submit_s = 0.0
        self.submissions = 0

    async def find(self, key: str, digest: str) -> Submitted | None:
        for job in self._jobs.jobs.values():
            if job.plan.key == key:
                if digest and digest != job.plan.prepared.rendered.digest:
                    raise Conflict(f"The key {key!r} belongs to another job.", field="key")
                return self._submitted(job, reused=True)
        return None

    async def submit(self, plan: JobPlan) -> Submitted:
        async with self._locks.setdefault(plan.key, asyncio.Lock()):
            if known := await self.find(plan.key, plan.prepared.rendered.digest):
                return known
            await anyio.sleep(self.submit_s)
            self.submissions += 1
            label = plan.spec.label or f"Cu4 {plan.prepared.rendered.template}"
            named = replace(plan, spec=replace(plan.spec, label=label))
            return self._submitted(self._jobs.add(JobState.CREATED, named), reused=False)

    async def retry(
        self, job: PastJob, key: str, label: str, vasp_inputs: NextInputs | None = None
    ) -> Submitted:
        earlier = self._jobs.get(job.pk)
        plan = replace(earlier.plan, key=key, spec=replace(earlier.plan.spec, label=label))
        made = await self.find_retry(job, key) or await self.submit(plan)
        self._jobs.get(made.pk).retry_of = job.pk
        for name, text in vasp_inputs.files.items() if vasp_inputs else ():
            self._jobs.get(made.pk).files["inputs", name] = text.encode()
        return made

    async def find_retry(self, job: PastJob, key: str) -> Submitted | None:
        known = await self.find(key, self._jobs.get(job.pk).plan.prepared.rendered.digest)
        if known and self._jobs.get(known.pk).retry_of != job.pk:
            raise Conflict(f"The key {key!r} belongs to another job.", field="key")
        return known

    def _submitted(self, job: Job, *, reused: bool) -> Submitted:
        return Submitted(
            pk=job.row.pk, uuid=job.row.uuid, state=job.row.state, template=job.row.template, reused=reused
        )

    async def script(self, plan: JobPlan) -> str:
        return f"#!/bin/bash\n#SBATCH --job-name=aiida-PK\n{plan.options.get('prepend_text', '')}\nexit 0\n"

    async def cancel(self, pk: int, wait_s: float) -> Control:
        state = self._jobs.get(pk).row.state
        if state in ENDED:
            return Control(pk, state, done=True)
        return await self._steer(pk, wait_s, JobState.KILLED)

    async def pause(self, pk: int, wait_s: float) -> Control:
        job = self._going(pk)
        if job.row.state is JobState.PAUSED:
            return Control(pk, job.row.state, done=True)
        job.goes_on_as = job.row.state
        return await self._steer(pk, wait_s, JobState.PAUSED)

    async def play(self, pk: int, wait_s: float) -> Control:
        job = self._going(pk)
        if job.row.state is not JobState.PAUSED:
            return Control(pk, job.row.state, done=True)
        return await self._steer(pk, wait_s, job.goes_on_as)

    def _going(self, pk: int) -> Job:
        job = self._jobs.get(pk)
        if job.row.state in ENDED:
            raise NotAllowed(f"Job {pk} has ended: {job.row.state}.")
        return job

    async def _steer(self, pk: int, wait_s: float, state: JobState) -> Control:
        row = self._jobs.get(pk).row
        if row.state is JobState.COLLECTING:  # a job that never obeys
            await anyio.sleep(wait_s)
            return Control(pk, row.state, done=False, waiting_for="the end of the retrieval")
        self._jobs.change(pk, state)
        return Control(pk, state, done=True)


class FakeSymptoms:
    """What the rows of the fake jobs tell."""

    def __init__(self, jobs: FakeJobs) -> None:
        self.jobs = jobs
        self.corrected: dict[str, str] = {}  # what custodian makes of a set of input files

    async def of_job(self, pk: int) -> Symptoms:
        row = self.jobs.get(pk).row
        facts = Facts(pk, row.state, row.cluster, exit_status=row.exit_status, exit_message=row.reason)
        return Symptoms(facts, (pk,))

    async def ended_run(self, pk: int, *, correct: bool) -> EndedRun:
        vasp_inputs = {
            path: data.decode()
            for (source, path), data in self.jobs.get(pk).files.items()
            if source == "inputs" and path != "_aiidasubmit.sh"
        }
        contcar = self.jobs.get(pk).files.get(("retrieved", "CONTCAR"), b"").decode()
        return EndedRun(vasp_inputs, {**vasp_inputs, **self.corrected} if correct else vasp_inputs, contcar)
