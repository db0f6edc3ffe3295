"""The server's handle on the reading process, which starts on demand and ends when idle."""

import sys
import time
from collections.abc import Mapping

import anyio

from crystalmath_server.adapters.processes.worker_process import WorkerProcess
from crystalmath_server.protocol.method import Json

COMMAND = (sys.executable, "-u", "-P", "-m", "crystalmath_server.adapters.reader.main")
REST_S = 120.0
"""Idle time after which the process ends and frees the last document [s]."""
LONGEST_S = 240.0


class ReadingProcess:
    """One process that reads documents, one call at a time."""

    def __init__(self, rest_s: float = REST_S) -> None:
        self._worker = WorkerProcess(LONGEST_S, COMMAND)
        self._rest_s = rest_s
        self._used_at = time.monotonic()

    @property
    def pid(self) -> int | None:
        """The process id, or None if the process is not running."""
        return self._worker.pid

    async def run(self) -> None:
        """End the process when idle, or when cancelled."""
        try:
            while True:
                await anyio.sleep(self._rest_s / 4)
                if self.pid and time.monotonic() - self._used_at > self._rest_s:
                    await self._worker.rest()
        finally:
            with anyio.CancelScope(shield=True), anyio.move_on_after(2):
                await self._worker.rest()

    async def call(self, name: str, argument: Mapping[str, Json]) -> Json:
        """Call a function; raises the function's error, WorkerCrashed or WorkerTimeout."""
        try:
            return await self._worker.call(name, argument)
        finally:
            self._used_at = time.monotonic()
