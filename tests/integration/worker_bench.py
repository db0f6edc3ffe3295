"""A warm worker for tests that ask it directly."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

import anyio

from crystalmath_server.adapters.processes.workbench import WorkerBench


@asynccontextmanager
async def warm_bench() -> AsyncGenerator[WorkerBench]:
    """The Workbench on a worker process of its own."""
    bench = WorkerBench(60)
    async with anyio.create_task_group() as group:
        group.start_soon(bench.start)
        yield bench
        group.cancel_scope.cancel()
