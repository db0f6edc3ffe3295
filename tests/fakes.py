"""In-memory ports with honest behaviour, and a session that runs on them."""

import asyncio
import base64
import hashlib
import json
import re
import socket
import time
import uuid
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import anyio

from crystalmath_server.domain.run_folder import OPEN, RunFolder, run_folder
from crystalmath_server.handlers.fields import fields
from crystalmath_server.ports import JobPlan, ParsedStructure, Ports, Recipe
from crystalmath_server.protocol.errors import (
    Conflict,
    FileUnreadable,
    InvalidForm,
    InvalidRecipe,
    InvalidStructure,
    NotAllowed,
    NotFound,
)
from crystalmath_server.protocol.jobs import (
    ENDED,
    Control,
    FileRange,
    IonicStep,
    JobDetail,
    JobFile,
    JobFiles,
    JobLog,
    JobResults,
    JobRow,
    JobsPage,
    JobState,
    ListJobsParams,
    LogLine,
    NodeLink,
    Quantity,
    ReadFileParams,
    Submitted,
)
from crystalmath_server.protocol.method import Json
from crystalmath_server.protocol.profiles import CreateProfileParams, ProfileList, ProfileRow
from crystalmath_server.protocol.structures import (
    SI_POSCAR,
    ImportStructureParams,
    Lattice,
    ListStructuresParams,
    Site,
    StructureDetail,
    StructurePage,
    StructureRow,
)
from crystalmath_server.protocol.system import Metrics, Part, PartState, Status
from crystalmath_server.protocol.templates import (
    FieldType,
    FormField,
    InputFile,
    Rendered,
    TemplateDetail,
    TemplateList,
    TemplateRow,
)
from crystalmath_server.rpc.bindings import Binding
from crystalmath_server.rpc.dispatcher import Dispatcher
from crystalmath_server.rpc.meters import Meters
from crystalmath_server.rpc.sessions import Session
from crystalmath_server.settings import Settings
from tests.fake_clusters import FakeClusters, FakeCodes, FakePotcars

LATTICE = Lattice(3.8, 3.8, 3.8, 60.0, 60.0, 60.0, 39.4)
SUBMIT_SCRIPT = b"#!/bin/bash\n# caf\xc3\xa9\nexit 0\n"


@dataclass
class Job:
    """A job and what belongs to it."""

    row: JobRow
    key: str = ""
    digest: str = ""
    structure_pk: int = 1
    files: dict[tuple[str, str], bytes] = field(
        default_factory=lambda: {("inputs", "_aiidasubmit.sh"): SUBMIT_SCRIPT}
    )


class FakeJobs:
    """Jobs in memory; the launcher shares them."""

    def __init__(self) -> None:
        self.revision = 1
        self.jobs: dict[int, Job] = {}

    def add(self, state: JobState = JobState.FINISHED, **changes: Json) -> Job:
        pk = len(self.jobs) + 1
        row = JobRow(
            pk, str(uuid.uuid4()), f"job {pk}", state, "emt.relax", "Cu4", "localhost", float(pk), float(pk)
        )
        self.jobs[pk] = Job(replace(row, **changes))
        self.revision += 1
        return self.jobs[pk]

    def get(self, pk: int) -> Job:
        if pk not in self.jobs:
            raise NotFound(f"There is no job with pk {pk}.", field="pk")
        return self.jobs[pk]

    def change(self, pk: int, state: JobState) -> None:
        job = self.get(pk)
        job.row = replace(job.row, state=state, modified_at=time.time())
        self.revision += 1

    async def list_jobs(self, params: ListJobsParams) -> JobsPage:
        matching = [job.row for job in self.jobs.values() if self._passes(job.row, params)]
        shown = [row for row in matching if not params.states or row.state in params.states]
        attribute = {"modified": "modified_at"}.get(params.sort, params.sort)
        shown.sort(key=lambda row: (getattr(row, attribute), row.pk), reverse=params.descending)
        start = int(params.cursor or 0)
        rows = tuple(shown[start : start + params.limit])
        following = start + len(rows)
        cursor = str(following) if following < len(shown) else ""
        counts: dict[str, int] = dict(Counter(row.state for row in matching))
        return JobsPage(self.revision, rows, len(shown), counts, cursor)

    def _passes(self, row: JobRow, params: ListJobsParams) -> bool:
        try:
            pattern = re.compile(params.label if params.regex else re.escape(params.label), re.IGNORECASE)
        except re.error as error:
            raise InvalidForm(f"{params.label!r} is no regular expression: {error}", field="label") from error
        found = any(pattern.search(text) for text in (row.label, row.formula))
        return (
            found != (params.invert and bool(params.label))
            and params.template in ("", row.template)
            and params.cluster in ("", row.cluster)
            and (params.created_after is None or row.created_at > params.created_after)
            and (params.created_before is None or row.created_at < params.created_before)
        )

    async def show(self, pk: int) -> JobDetail:
        job = self.get(pk)
        return JobDetail(
            row=job.row,
            description="",
            process_type="fake",
            process_state=str(job.row.state),
            scheduler_state="",
            scheduler_job_id="",
            remote_work_dir="",
            exit_message="",
            explanation=f"It is {job.row.state}.",
            hint="",
            engine="EMT 1",
            values={},
            inputs=(NodeLink("structure", job.structure_pk, "StructureData"),),
            outputs=(),
            structure_pk=job.structure_pk,
        )

    async def files(self, pk: int) -> JobFiles:
        return JobFiles(tuple(JobFile(s, p, len(data)) for (s, p), data in self.get(pk).files.items()))

    async def read(self, params: ReadFileParams) -> FileRange:
        data = self.get(params.pk).files.get((params.source, params.path))
        if data is None:
            raise NotFound(f"Job {params.pk} has no file {params.path} in {params.source}.", field="path")
        part = data[params.offset : params.offset + params.limit]
        end = min(params.offset + len(part), len(data))
        try:
            return FileRange(params.path, params.offset, len(data), end, "utf-8", part.decode())
        except UnicodeDecodeError:
            content = base64.b64encode(part).decode()
            return FileRange(params.path, params.offset, len(data), end, "base64", content)

    async def log(self, pk: int) -> JobLog:
        return JobLog((LogLine(self.get(pk).row.created_at, "REPORT", "fake", "submitted"),))

    async def results(self, pk: int) -> JobResults:
        row = self.get(pk).row
        ended = row.state is JobState.FINISHED
        energy = Quantity("energy_per_atom", "Energy per atom", -3.5, "eV", row.uuid)
        return JobResults(
            pk, row.state, "EMT 1", (energy,) if ended else (), (IonicStep(0, -14.0, 0.01),) if ended else ()
        )


class FakeLauncher:
    """One key, one job; jobs stay queued until told otherwise."""

    def __init__(self, jobs: FakeJobs) -> None:
        self._jobs = jobs
        self._locks: dict[str, asyncio.Lock] = {}
        self.submit_s = 0.0
        self.submissions = 0

    async def find(self, key: str, digest: str) -> Submitted | None:
        for job in self._jobs.jobs.values():
            if job.key == key:
                if digest and digest != job.digest:
                    raise Conflict(f"The key {key!r} belongs to another job.", field="key")
                return self._submitted(job, reused=True)
        return None

    async def submit(self, plan: JobPlan) -> Submitted:
        async with self._locks.setdefault(plan.key, asyncio.Lock()):
            if known := await self.find(plan.key, plan.recipe.rendered.digest):
                return known
            await anyio.sleep(self.submit_s)
            self.submissions += 1
            job = self._jobs.add(
                JobState.CREATED, template=plan.recipe.rendered.template, label=plan.label or "Cu4 emt.relax"
            )
            job.key, job.digest, job.structure_pk = plan.key, plan.recipe.rendered.digest, plan.structure_pk
            return self._submitted(job, reused=False)

    def _submitted(self, job: Job, *, reused: bool) -> Submitted:
        return Submitted(job.row.pk, job.row.uuid, job.row.state, job.row.template, reused)

    async def cancel(self, pk: int, wait_s: float) -> Control:
        return await self._steer(pk, wait_s, JobState.KILLED)

    async def pause(self, pk: int, wait_s: float) -> Control:
        return await self._steer(pk, wait_s, JobState.PAUSED)

    async def play(self, pk: int, wait_s: float) -> Control:
        return await self._steer(pk, wait_s, JobState.RUNNING)

    async def _steer(self, pk: int, wait_s: float, state: JobState) -> Control:
        row = self._jobs.get(pk).row
        if row.state in ENDED:
            raise NotAllowed(f"Job {pk} has ended: {row.state}.", field="pk")
        if row.state is JobState.COLLECTING:  # a job that never obeys
            await anyio.sleep(wait_s)
            return Control(pk, row.state, done=False, waiting_for="the end of the retrieval")
        self._jobs.change(pk, state)
        return Control(pk, state, done=True)


class FakeStructures:
    """Structures in memory, one of a kind."""

    def __init__(self) -> None:
        self.details: dict[int, tuple[ParsedStructure, StructureDetail]] = {}

    async def store(self, parsed: ParsedStructure, label: str) -> StructureDetail:
        return self.add(parsed, label)

    def add(self, parsed: ParsedStructure, label: str) -> StructureDetail:
        for known, detail in self.details.values():
            if known.digest == parsed.digest:
                return replace(detail, reused=True)
        pk = len(self.details) + 1
        row = StructureRow(
            pk, str(uuid.uuid4()), label or parsed.formula, parsed.formula, parsed.n_sites, 1.0
        )
        detail = StructureDetail(
            row, parsed.lattice, parsed.spacegroup, parsed.density_g_cm3, parsed.sites, parsed.poscar
        )
        self.details[pk] = (parsed, detail)
        return detail

    async def list_structures(self, params: ListStructuresParams) -> StructurePage:
        rows = [detail.row for _, detail in reversed(self.details.values())]
        sought = params.search.lower()
        rows = [row for row in rows if sought in row.label.lower() or sought in row.formula.lower()]
        start = int(params.cursor or 0)
        end = start + params.limit
        return StructurePage(tuple(rows[start:end]), str(end) if end < len(rows) else "")

    async def show(self, pk: int) -> StructureDetail:
        return self._get(pk)[1]

    async def document(self, pk: int) -> Mapping[str, Json]:
        return self._get(pk)[0].document

    def _get(self, pk: int) -> tuple[ParsedStructure, StructureDetail]:
        if pk not in self.details:
            raise NotFound(f"There is no structure with pk {pk}.", field="structure_pk")
        return self.details[pk]


_RELAX = TemplateRow(
    "emt.relax", "Relax", "emt", "relax", "Relax with EMT.", "atomate2.fake.Relax", runnable=True
)
_ROWS = (
    _RELAX,
    replace(_RELAX, name="emt.static", kind="static", title="Static"),
    replace(
        _RELAX, name="vasp.static", engine="vasp", kind="static", runnable=False, reason="VASP comes later."
    ),
)
_FMAX = FormField("fmax", FieldType.NUMBER, "Force", default=0.01, unit="eV/Å", minimum=0.0, maximum=1.0)


class FakeWorkbench:
    """Reads the second line of a POSCAR and no more; renders what it is given."""

    def __init__(self) -> None:
        self.render_s = 0.0

    def part(self) -> Part:
        return Part(PartState.READY, "in memory")

    async def parse_structure(self, params: ImportStructureParams) -> ParsedStructure:
        text = params.text or self._read(params.path)
        lines = text.splitlines()
        if len(lines) < 8:
            raise InvalidStructure("The text is no POSCAR.", field="text" if params.text else "path")
        return await self.describe_structure({"formula": lines[0].strip(), "poscar": text})

    def _read(self, path: str) -> str:
        try:
            return Path(path).read_text("utf-8")
        except OSError as error:
            raise FileUnreadable(f"cannot read {path}: {error.strerror}", field="path") from error

    async def describe_structure(self, document: Mapping[str, Json]) -> ParsedStructure:
        return describe(document)

    async def list_templates(self, engine: str) -> TemplateList:
        return TemplateList(tuple(row for row in _ROWS if engine in ("", row.engine)))

    async def show_template(self, name: str) -> TemplateDetail:
        for row in _ROWS:
            if name in (row.name, row.kind):
                return TemplateDetail(row, (_FMAX,))
        raise NotFound(f"There is no template {name!r}.", field="name")

    async def render(self, name: str, structure: Mapping[str, Json], values: Mapping[str, Json]) -> Recipe:
        row = (await self.show_template(name)).row
        await anyio.sleep(self.render_s)
        if unknown := set(values) - {"fmax"}:
            raise InvalidForm(f"{row.name} has no field {min(unknown)!r}.", field=min(unknown))
        if structure["formula"] == "Xx2":
            raise InvalidRecipe("EMT does not know Xx.", field="structure_pk")
        files = (InputFile("maker.json", json.dumps(dict(values))),)
        digest = _digest({"name": row.name, "structure": structure, "values": values})
        return Recipe(Rendered(row.name, files, (), digest), {}, "EMT 1", {"ase": "3"}, values)

    async def reader(self, incar: str) -> Recipe:
        maker: dict[str, Json] = {"incar": incar}
        return Recipe(Rendered("vasp.imported", (), (), ""), maker, "VASP", {"pymatgen": "1"}, {})


class FakeRunFolders:
    """One folder in which VASP ran, on every computer."""

    def __init__(self, clusters: FakeClusters) -> None:
        self._clusters = clusters
        self.looks = 0

    async def look(self, cluster: str, path: str, code: str) -> RunFolder:
        with fields(label="cluster"):
            await self._clusters.show(cluster)
        self.looks += 1
        found = {"INCAR": b"NSW = 5\n", "POSCAR": SI_POSCAR.encode(), "vasprun.xml": b""}
        if path.endswith("none"):
            found.clear()
        said = [OPEN, *(f"@@file\t{name}\tr" for name in found)]
        said += [f"@@text\t{name}\t{base64.b64encode(text).decode()}" for name, text in found.items()]
        return run_folder(cluster, path, "\n".join(said))


def describe(document: Mapping[str, Json]) -> ParsedStructure:
    """A structure of which only the formula is true."""
    formula = str(document["formula"])
    return ParsedStructure(
        document=document,
        digest=_digest(document),
        formula=formula,
        elements=("Si",),
        n_sites=2,
        lattice=LATTICE,
        spacegroup="Fd-3m (227)",
        density_g_cm3=2.3,
        sites=(Site("Si", (0.0, 0.0, 0.0)), Site("Si", (0.25, 0.25, 0.25))),
        poscar=str(document["poscar"]),
    )


def _digest(value: Mapping[str, Json]) -> str:
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()


class FakeProfiles:
    """Profiles in memory."""

    def __init__(self) -> None:
        self.rows = [ProfileRow("fake", "core.sqlite_dos", "core.zeromq", is_default=True, in_use=True)]

    async def list_profiles(self) -> ProfileList:
        return ProfileList(tuple(self.rows))

    async def create(self, params: CreateProfileParams) -> ProfileRow:
        if not re.fullmatch(r"[\w-]+", params.name):
            raise InvalidForm(f"{params.name!r} is no name of a profile.", field="name")
        if any(row.name == params.name for row in self.rows):
            raise Conflict(f"There is a profile {params.name!r} already.", field="name")
        self.rows.append(
            ProfileRow(params.name, "core.sqlite_dos", "core.zeromq", params.make_default, in_use=False)
        )
        return self.rows[-1]


class FakeServer:
    """The server as handlers see it; remembers what it was told."""

    def __init__(self) -> None:
        self.told: list[str] = []
        self.stops = 0

    def status(self) -> Status:
        part = Part(PartState.READY)
        return Status("fake", 1, "0", "/tmp/fake.sock", 1.0, part, part, part, 1, 0, 1)

    def metrics(self) -> Metrics:
        return Metrics(1.0, 1.0, 1.0, 1, 1, 1, 0.0, ())

    def shutdown(self) -> int:
        self.stops += 1
        return 0

    async def discover(self) -> dict[str, Json]:
        return {"openrpc": "1.3.2"}

    def progress(self, text: str, fraction: float | None = None) -> None:
        self.told.append(text)


def ports(server: object | None = None) -> Ports:
    """All ports, with one running job and one structure, both pk 1."""
    jobs, structures, workbench = FakeJobs(), FakeStructures(), FakeWorkbench()
    codes = FakeCodes()
    clusters = FakeClusters(codes)
    jobs.add(JobState.RUNNING)
    structures.add(describe({"formula": "Si2", "poscar": "Si2\n"}), "silicon")
    return Ports(
        jobs=jobs,
        launcher=FakeLauncher(jobs),
        structures=structures,
        workbench=workbench,
        profiles=FakeProfiles(),
        clusters=clusters,
        codes=codes,
        runs=FakeRunFolders(clusters),
        potcars=FakePotcars(clusters),
        server=server or FakeServer(),  # type: ignore[arg-type]
    )


class FakeHost:
    """What a session needs of the server."""

    def __init__(self, bindings: Iterable[Binding[Any, Any]], settings: Settings | None = None) -> None:
        self.settings = settings or Settings()
        self.meters = Meters()
        self.in_flight = 0
        self.stopping = False
        self.server = FakeServer()
        self.ports = ports(self.server)
        self.dispatcher = Dispatcher(bindings, self.ports, self.meters)


async def converse(host: FakeHost, data: bytes, chunk: int = 0) -> bytes:
    """All that a session answers to a client that sends `data`, in chunks, and no more."""
    ours, theirs = socket.socketpair()
    for end in (ours, theirs):
        end.setblocking(False)
    received = bytearray()
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(Session(theirs, host).serve)
        tasks.start_soon(_send, ours, data, chunk or len(data))
        while True:
            await anyio.wait_readable(ours)
            part = ours.recv(65536)
            if not part:
                break
            received += part
    ours.close()
    return bytes(received)


async def _send(sock: socket.socket, data: bytes, chunk: int) -> None:
    for start in range(0, len(data), chunk):
        rest = memoryview(data)[start : start + chunk]
        while rest:
            await anyio.wait_writable(sock)
            rest = rest[sock.send(rest) :]
    sock.shutdown(socket.SHUT_WR)
