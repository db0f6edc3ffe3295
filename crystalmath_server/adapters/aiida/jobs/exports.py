"""The Exports port: AiiDA dumps and archives, written in a separate process that reports progress."""

import json
import sys
from contextlib import suppress
from typing import Any

import anyio
from anyio.streams.buffered import BufferedByteReceiveStream

from crystalmath_server.adapters.aiida.calls import ProfileCalls
from crystalmath_server.ports.of_jobs import Tell
from crystalmath_server.protocol.codec import from_json
from crystalmath_server.protocol.errors import WorkerCrashed
from crystalmath_server.protocol.errors import from_json as error_of
from crystalmath_server.protocol.exports import ArchiveParams, DumpedJob, DumpParams, WrittenFile
from crystalmath_server.protocol.method import Json

PROGRAM = (sys.executable, "-u", "-P", "-m", "crystalmath_server.adapters.aiida.jobs.export_main")
_LONGEST_LINE = 1 << 20


class AiidaExports:
    """Exports jobs of one profile."""

    def __init__(self, runtime: ProfileCalls) -> None:
        self._runtime = runtime

    async def dump(self, params: DumpParams, tell: Tell) -> DumpedJob:
        """Write a job to a readable folder."""
        return from_json(DumpedJob, await self._run("dump", [params.pk], params.path, tell))

    async def archive(self, params: ArchiveParams, tell: Tell) -> WrittenFile:
        """Write jobs to an AiiDA archive."""
        return from_json(WrittenFile, await self._run("archive", list(params.pks), params.path, tell))

    async def _run(self, call: str, pks: list[int], path: str, tell: Tell) -> Json:
        """Run the export program and return its result; cancellation kills the program."""
        await self._runtime.call(lambda: None)
        given = {"profile": self._runtime.profile, "call": call, "pks": pks, "path": path}
        process = await anyio.open_process([*PROGRAM, json.dumps(given)], stderr=None, start_new_session=True)
        try:
            if process.stdout is None:
                raise WorkerCrashed
            return await _last(BufferedByteReceiveStream(process.stdout), tell)
        finally:
            with suppress(ProcessLookupError):
                process.kill()
            with anyio.CancelScope(shield=True):
                await process.aclose()


async def _last(lines: BufferedByteReceiveStream, tell: Tell) -> Json:
    """Report each step and return the final value; raises the program's error or WorkerCrashed."""
    while True:
        try:
            message: dict[str, Any] = json.loads(await lines.receive_until(b"\n", _LONGEST_LINE))
        except (anyio.EndOfStream, anyio.IncompleteRead) as error:
            detail = "the export process ended without a result"
            raise WorkerCrashed(detail) from error
        if "error" in message:
            raise error_of(message["error"])
        if "value" in message:
            return message["value"]
        tell(message["text"], message["fraction"])
