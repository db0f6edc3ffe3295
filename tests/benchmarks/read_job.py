"""A program: reads a job as jobs.show, jobs.results and jobs.files do; prints the times as JSON.  PK COUNT

For each method: the median of COUNT calls [ms], and the statements of one call.
"""

import asyncio
import json
import sys
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any

from crystalmath_server.adapters.aiida.jobs.documents import AiidaDocuments
from crystalmath_server.adapters.aiida.jobs.index import JobFeed
from crystalmath_server.adapters.aiida.jobs.store import AiidaJobStore
from crystalmath_server.adapters.aiida.runtime import AiidaRuntime
from crystalmath_server.adapters.processes.reading_process import ReadingProcess


async def main(pk: int, count: int) -> None:
    """As the server's handlers read them."""
    runtime, reader = AiidaRuntime("crystalmath"), ReadingProcess()
    store, documents = AiidaJobStore(runtime, JobFeed(runtime)), AiidaDocuments(runtime, reader)
    reading = asyncio.create_task(reader.run())

    async def results() -> None:
        await documents.complete(await store.results(pk))

    calls = {"show": lambda: store.show(pk), "results": results, "files": lambda: store.files(pk)}
    statements: list[str] = await runtime.call(_statements)
    told = {name: await _measured(call, count, statements) for name, call in calls.items()}
    reading.cancel()
    with suppress(asyncio.CancelledError):
        await reading
    documents.close()
    await runtime.close()
    print(json.dumps(told))


def _statements() -> list[str]:
    """The statements of the profile's database from now on."""
    from aiida.manage import get_manager
    from sqlalchemy import event

    seen: list[str] = []
    storage: Any = get_manager().get_profile_storage()
    engine = storage.get_session().get_bind()
    event.listen(engine, "before_cursor_execute", lambda *told: seen.append(told[2]))
    return seen


async def _measured(call: Callable[[], Awaitable[object]], count: int, seen: list[str]) -> dict[str, float]:
    await call()
    seen.clear()
    await call()
    statements = len(seen)
    times: list[float] = []
    for _ in range(count):
        started = time.perf_counter()
        await call()
        times.append(1000 * (time.perf_counter() - started))
    return {"ms": sorted(times)[count // 2], "statements": statements}


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]), int(sys.argv[2])))
