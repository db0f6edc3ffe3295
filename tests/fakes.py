"""In-memory ports with honest behavior, and a session that runs on them."""

import socket
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

import anyio

from crystalmath_server.domain.clusters import naming
from crystalmath_server.domain.jobs.sink import SubscriptionWork
from crystalmath_server.ports import Ports
from crystalmath_server.protocol.jobs import JobState
from crystalmath_server.protocol.logs import SubscriptionState
from crystalmath_server.protocol.method import Json
from crystalmath_server.protocol.profiles import CreateProfileParams, ProfileList, ProfileRow
from crystalmath_server.protocol.system import Metrics, Part, PartState, Status
from crystalmath_server.rpc.bindings import Binding
from crystalmath_server.rpc.dispatcher import CURRENT, Dispatcher, Peer
from crystalmath_server.rpc.meters import Meters
from crystalmath_server.rpc.sessions import Session
from crystalmath_server.services.run_progress import RunProgress
from crystalmath_server.settings import Settings
from tests.fake_clusters import FakeClusters, FakeCodes, FakePotcars, FakeRunFolders
from tests.fake_documents import FakeDocuments, FakeExports, relaxation
from tests.fake_earlier import FakeEarlierRuns
from tests.fake_folders import FakeWorkFolders
from tests.fake_jobs import PLAN, FakeJobs, FakeLauncher, FakeSymptoms
from tests.fake_structures import CU_POSCAR, FakeStructures, FakeWorkbench, structure
from tests.loose_tasks import LooseTasks


class FakeProfiles:
    """Profiles in memory."""

    def __init__(self) -> None:
        self.rows = [ProfileRow("fake", "core.sqlite_dos", "core.zeromq", is_default=True, in_use=True)]

    async def list_profiles(self) -> ProfileList:
        return ProfileList(tuple(sorted(self.rows, key=lambda row: row.name)))

    async def create(self, params: CreateProfileParams) -> ProfileRow:
        naming.check_profile_name(params.name, {row.name for row in self.rows})
        if params.make_default:
            self.rows = [replace(row, is_default=False) for row in self.rows]
        row = ProfileRow(params.name, "core.sqlite_dos", "core.zeromq", params.make_default, in_use=False)
        self.rows.append(row)
        return row


class FakeServer:
    """The server as handlers see it; remembers what it was told."""

    def __init__(self) -> None:
        self.told: list[str] = []
        self.stops = 0

    def status(self) -> Status:
        part = Part(PartState.READY)
        return Status(
            profile="fake",
            pid=1,
            version="0",
            socket="/tmp/fake.sock",
            uptime_s=1.0,
            storage=part,
            daemon=part,
            worker=part,
            clients=1,
            in_flight=0,
            jobs_revision=1,
        )

    def metrics(self) -> Metrics:
        return Metrics(
            uptime_s=1.0,
            rss_mb=1.0,
            cpu_s=1.0,
            connections=1,
            frames_in=1,
            frames_out=1,
            longest_stall_ms=0.0,
            methods=(),
        )

    def shutdown(self) -> int:
        self.stops += 1
        return 0

    async def discover(self) -> dict[str, Json]:
        return {"openrpc": "1.3.2"}

    def subscribe(self, work: SubscriptionWork, credit: int) -> int:
        """As the server does: of the client whose request is at hand."""
        return self._peer().subscribe(work, credit)

    def subscription(self, number: int, *, more: int = 0, paused: bool | None = None) -> SubscriptionState:
        return self._peer().subscriptions.change(number, more=more, paused=paused)

    def unsubscribe(self, number: int) -> SubscriptionState:
        return self._peer().subscriptions.end(number)

    def _peer(self) -> Peer:
        work = CURRENT.get()
        assert work is not None
        return work.peer

    def progress(self, text: str, fraction: float | None = None) -> None:
        self.told.append(text)


def ports(server: object | None = None, jobs: FakeJobs | None = None) -> Ports:
    """All ports, with one running job and one structure, both pk 1."""
    structures, codes = FakeStructures(), FakeCodes()
    jobs = jobs or FakeJobs()
    clusters = FakeClusters(codes, jobs.on_cluster)
    work = FakeWorkFolders(jobs)
    jobs.add(JobState.RUNNING)
    work.put(1, "progress.jsonl", b"")
    documents = FakeDocuments(jobs)
    documents.documents[1] = relaxation()  # as a workflow that runs on may have one already
    structures.add(structure(CU_POSCAR), "copper")
    return Ports(
        jobs=jobs,
        documents=documents,
        exports=FakeExports(jobs, documents.files),
        launcher=FakeLauncher(jobs),
        structures=structures,
        workbench=FakeWorkbench(),
        profiles=FakeProfiles(),
        clusters=clusters,
        codes=codes,
        runs=FakeRunFolders(clusters),
        earlier=FakeEarlierRuns(jobs),
        work=work,
        progress=RunProgress(jobs, work, LooseTasks()),
        potcars=FakePotcars(clusters),
        symptoms=FakeSymptoms(jobs),
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
        self.jobs = jobs = FakeJobs()
        self.ports = ports(self.server, jobs)
        rendered = replace(PLAN.prepared.rendered, template="vasp.relax")
        jobs.add(JobState.RUNNING, replace(PLAN, prepared=replace(PLAN.prepared, rendered=rendered)))  # pk 2
        self.dispatcher = Dispatcher(bindings, self.ports, self.meters, strict=True)


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
