"""The reading process as the server sees it: started when needed, ended when it had nothing to do."""

import sys
import time
from collections.abc import Mapping

import anyio

from crystalmath_server.adapters.processes.worker_process import WorkerProcess
from crystalmath_server.protocol.method import Json

COMMAND = (sys.executable, "-u", "-P", "-m", "crystalmath_server.adapters.reader.main")
REST_S = 120.0
"""After this long without a call the process ends, and with it the memory of the last document [s]."""
LONGEST_S = 240.0


class ReadingProcess:
    """One process that reads documents, one call at a time."""

    def __init__(self, rest_s: float = REST_S) -> None:
        self._worker = WorkerProcess(LONGEST_S, COMMAND)
        self._rest_s = rest_s
        self._used_at = time.monotonic()

    @property
    def pid(self) -> int | None:
        """Process id while there is one."""
        return self._worker.pid

    async def run(self) -> None:
        """Let it rest when it is not needed; end it when cancelled."""
        try:
            while True:
                await anyio.sleep(self._rest_s / 4)
                if self.pid and time.monotonic() - self._used_at > self._rest_s:
                    await self._worker.rest()
        finally:
            with anyio.CancelScope(shield=True), anyio.move_on_after(2):
                await self._worker.rest()

    async def call(self, name: str, argument: Mapping[str, Json]) -> Json:
        """Answer of a function; raises what it refused with, WorkerCrashed, WorkerTimeout."""
        try:
            return await self._worker.call(name, argument)
        finally:
            self._used_at = time.monotonic()
