"""All ports on the fakes and on the real adapters, for tests that both must pass."""

import asyncio
import threading
import time
import uuid
from collections.abc import Collection, Coroutine
from typing import Any, TypeVar

import pytest

from crystalmath_server.adapters.aiida.daemon.daemon import DaemonWatch
from crystalmath_server.adapters.aiida.jobs.documents import AiidaDocuments
from crystalmath_server.adapters.aiida.jobs.exports import AiidaExports
from crystalmath_server.adapters.aiida.jobs.index import JobFeed
from crystalmath_server.adapters.aiida.jobs.store import AiidaJobStore
from crystalmath_server.adapters.aiida.jobs.symptoms import SymptomReader
from crystalmath_server.adapters.aiida.profiles import AiidaProfiles
from crystalmath_server.adapters.aiida.runtime import AiidaRuntime
from crystalmath_server.adapters.aiida.structures import AiidaStructures
from crystalmath_server.adapters.aiida.submit.launcher import AiidaLauncher
from crystalmath_server.adapters.aiida.submit.throttle import Gate
from crystalmath_server.adapters.clusters.clusters import AiidaClusters
from crystalmath_server.adapters.clusters.codes import AiidaCodes
from crystalmath_server.adapters.clusters.potcars import PotcarLooker
from crystalmath_server.adapters.clusters.previous_runs import EarlierRunLooker
from crystalmath_server.adapters.clusters.run_folders import RunFolderLooker
from crystalmath_server.adapters.clusters.work_folders import WorkFolderLooker
from crystalmath_server.adapters.processes.reading_process import ReadingProcess
from crystalmath_server.adapters.processes.workbench import WorkerBench
from crystalmath_server.adapters.remote.link import Links
from crystalmath_server.ports import Ports
from crystalmath_server.protocol.errors import RpcError
from crystalmath_server.protocol.jobs import JobState
from crystalmath_server.protocol.system import PartState
from crystalmath_server.services.run_progress import RunProgress
from tests import fakes
from tests.fake_jobs import FakeJobs
from tests.patience import patience_s

T = TypeVar("T")


class World:
    """Ports and a way to use them from a test; `tag` is in no label that other tests made."""

    ports: Ports

    def __init__(self) -> None:
        self.tag = f"t{uuid.uuid4().hex[:8]}"

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        """What a call answers."""
        raise NotImplementedError

    def until(self, pk: int, states: Collection[JobState]) -> None:
        """Have a job in one of `states`."""
        raise NotImplementedError

    def refuse(self, work: Coroutine[Any, Any, Any], kind: type[RpcError], field: str) -> None:
        """Hold that a call is refused, with the field at fault, words and a way out."""
        with pytest.raises(kind) as caught:
            self.run(work)
        found = caught.value.data
        assert found.field == field
        assert found.detail
        assert found.hint


class FakeWorld(World):
    """The fakes; nothing happens by itself."""

    def __init__(self) -> None:
        super().__init__()
        self.jobs = FakeJobs()
        self.ports = fakes.ports(jobs=self.jobs)
        self._runner = asyncio.Runner()

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        """What a call answers."""
        return self._runner.run(work)

    def until(self, pk: int, states: Collection[JobState]) -> None:
        """Have a job go on to one of `states`."""
        self.jobs.change(pk, next(iter(states)))

    def warm(self) -> None:
        """Nothing needs to be warm."""

    def close(self) -> None:
        """End the loop."""
        self._runner.close()


class RealWorld(World):
    """The adapters as bootstrap.py puts them together, on the session's profile, on a loop of their own."""

    def __init__(self, runtime: AiidaRuntime) -> None:
        super().__init__()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self._links = Links()
        self.ports = self.run(self._assemble(runtime))

    async def _assemble(self, runtime: AiidaRuntime) -> Ports:
        watch, feed = DaemonWatch(runtime), JobFeed(runtime)
        self._bench = bench = WorkerBench(60)
        gate = Gate(runtime, watch, self._links, feed.refresh)
        jobs, work = AiidaJobStore(runtime, feed, self._links.breaker), WorkFolderLooker(runtime, self._links)
        self._tasks = [asyncio.create_task(feed.run())]
        self._reader = ReadingProcess()
        self._documents = AiidaDocuments(runtime, self._reader)
        self._tasks.append(asyncio.create_task(self._reader.run()))
        return Ports(
            documents=self._documents,
            exports=AiidaExports(runtime),
            jobs=jobs,
            launcher=AiidaLauncher(runtime, watch, gate, feed.refresh),
            structures=AiidaStructures(runtime, bench),
            workbench=bench,
            profiles=AiidaProfiles(runtime),
            clusters=AiidaClusters(runtime, self._links),
            codes=AiidaCodes(runtime, self._links),
            runs=RunFolderLooker(runtime, self._links),
            earlier=EarlierRunLooker(runtime, self._links),
            work=work,
            progress=RunProgress(jobs, work),
            potcars=PotcarLooker(runtime, self._links, bench.potcar_library),
            symptoms=SymptomReader(runtime, bench, watch.part, self._links.breaker),
            server=fakes.FakeServer(),
        )

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        """What a call answers."""
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(120)

    def until(self, pk: int, states: Collection[JobState]) -> None:
        """Wait until a job is in one of `states`."""
        deadline = time.monotonic() + patience_s(90)
        while self.run(self.ports.jobs.state(pk)) not in states:  # from memory: no query
            assert time.monotonic() < deadline, self.run(self.ports.jobs.show(pk))
            time.sleep(0.05)

    def warm(self) -> None:
        """Keep a worker until the end; a call alone would leave it behind."""
        self.run(self._warm())

    async def _warm(self) -> None:
        self._tasks.append(asyncio.create_task(self._bench.start()))

    def close(self) -> None:
        """End all that was started."""
        self.run(self._end())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(timeout=10)
        self._loop.close()

    async def _end(self) -> None:
        self._links.close()
        if self._bench.part().state is PartState.READY:  # a call started it; who keeps it ends it
            await self._warm()
            await asyncio.sleep(0)
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._documents.close()
        await self._loop.shutdown_default_executor()
