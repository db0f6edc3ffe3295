"""All ports on the fakes and on the real adapters, for tests that both must pass."""

import asyncio
import time
import uuid
from collections.abc import AsyncGenerator, Collection, Coroutine
from contextlib import ExitStack, asynccontextmanager
from dataclasses import replace
from typing import Any, TypeVar

import anyio
import pytest
from anyio.abc import TaskGroup
from anyio.from_thread import start_blocking_portal

from crystalmath_server.adapters.aiida.runtime import AiidaRuntime
from crystalmath_server.bootstrap import Wiring, wire
from crystalmath_server.ports import Ports
from crystalmath_server.protocol.errors import RpcError
from crystalmath_server.protocol.jobs import JobState
from crystalmath_server.protocol.system import PartState
from crystalmath_server.settings import Settings
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
        self._ends = ExitStack()
        self._portal = self._ends.enter_context(start_blocking_portal())
        self._background = self._ends.enter_context(self._portal.wrap_async_context_manager(_background()))
        self._made = self._portal.call(self._wire, runtime)
        self._ends.callback(self._portal.call, self._made.close)
        self.ports = self._made.ports

    async def _wire(self, runtime: AiidaRuntime) -> Wiring:
        made = wire(runtime, replace(Settings(), worker_timeout_s=60), fakes.FakeServer(), self._background)
        self._background.start_soon(made.feed.run)
        self._background.start_soon(made.reader.run)
        return made

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        """What a call answers."""

        async def awaited() -> T:
            return await work

        return self._portal.start_task_soon(awaited).result(120)

    def until(self, pk: int, states: Collection[JobState]) -> None:
        """Wait until a job is in one of `states`."""
        deadline = time.monotonic() + patience_s(90)
        while self.run(self.ports.jobs.state(pk)) not in states:  # from memory: no query
            assert time.monotonic() < deadline, self.run(self.ports.jobs.show(pk))
            time.sleep(0.05)

    def warm(self) -> None:
        """Keep a worker until the end; a call alone would leave it behind."""
        self._portal.call(self._keep_worker)

    def _keep_worker(self) -> None:
        self._background.start_soon(self._made.bench.start)  # what it returns would be awaited by the portal

    def close(self) -> None:
        """End all that was started."""
        if self._made.bench.part().state is PartState.READY:  # a call started it; who keeps it ends it
            self.warm()
            self._portal.call(anyio.sleep, 0.01)
        self._ends.close()


@asynccontextmanager
async def _background() -> AsyncGenerator[TaskGroup]:
    """Tasks that end with the world."""
    async with anyio.create_task_group() as tasks:
        yield tasks
        tasks.cancel_scope.cancel()
