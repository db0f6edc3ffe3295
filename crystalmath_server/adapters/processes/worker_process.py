"""A warm process that answers calls one at a time over pipes and may safely crash or hang.

anyio.to_process was tried first, but it ends workers that idle for five minutes, and hides the pid and the
library output, which here goes to the log.
"""

import logging
import sys
from collections.abc import Mapping
from contextlib import suppress
from typing import cast

import anyio
import anyio.abc
import orjson
from anyio.streams.buffered import BufferedByteReceiveStream

from crystalmath_server.protocol.errors import InternalError, WorkerCrashed, WorkerTimeout, from_json
from crystalmath_server.protocol.method import Json
from crystalmath_server.protocol.system import Part, PartState

log = logging.getLogger(__name__)

MAX_ANSWER = 64 * 1024 * 1024
WARM_UP_S = 120.0
FIRST_RETRY_S = 1.0
LONGEST_RETRY_S = 60.0
COMMAND = (sys.executable, "-u", "-P", "-m", "crystalmath_server.adapters.worker.main")


class WorkerProcess:
    """Starts the worker, communicates with it, and replaces a lost worker.

    Parameters
    ----------
    timeout_s
        How long one call may take [s].
    command
        Command to run; it writes "ready", then reads one JSON line per call and writes one per answer.
    """

    def __init__(self, timeout_s: float, command: tuple[str, ...] = COMMAND) -> None:
        self._timeout_s = timeout_s
        self._command = command
        self._process: anyio.abc.Process | None = None
        self._answers: BufferedByteReceiveStream | None = None
        self._turn = anyio.Lock()
        self._part = Part(PartState.STOPPED, "the worker has not started yet")

    @property
    def part(self) -> Part:
        """The worker status."""
        return self._part

    @property
    def pid(self) -> int | None:
        """The process id, or None if the process is not running."""
        return self._process.pid if self._process else None

    async def run(self) -> None:
        """Keep a worker warm until cancelled; failed starts are retried with increasing delays."""
        pause_s = FIRST_RETRY_S
        try:
            while True:
                process = await self._warm()
                if process:
                    pause_s = FIRST_RETRY_S
                    await process.wait()
                else:
                    await anyio.sleep(pause_s)
                    pause_s = min(2 * pause_s, LONGEST_RETRY_S)
        finally:
            await self._end("the worker was stopped")

    async def call(self, name: str, argument: Mapping[str, Json]) -> Json:
        """Call the worker's function `name`.

        Raises
        ------
        WorkerTimeout, WorkerCrashed
            The worker was killed or died, and a new one is starting.
        RpcError
            The function's own error.
        """
        async with self._turn:
            await self._start_unless_running()
            answer = await self._exchange(orjson.dumps({"call": name, "argument": dict(argument)}))
        return _value(answer)

    async def rest(self) -> None:
        """End the process after the current call; the next call starts another."""
        async with self._turn:
            await self._end("idle; the next call starts it")

    async def _warm(self) -> anyio.abc.Process | None:
        """The running process, or None if it cannot be started."""
        async with self._turn:
            try:
                await self._start_unless_running()
            except (WorkerCrashed, WorkerTimeout) as error:
                log.warning("worker did not start: %s", error)
            return self._process

    async def _start_unless_running(self) -> None:
        if self._process is not None and self._process.returncode is not None:
            await self._end(_words(self._process.returncode))
        if self._process is None:
            await self._start()

    async def _start(self) -> None:
        self._part = Part(PartState.LOADING, "atomate2 and pymatgen are loading")
        try:
            self._process = await anyio.open_process(self._command, stderr=None, start_new_session=True)
        except OSError as error:
            self._part = Part(PartState.FAILED, f"the worker cannot be started: {error}")
            raise WorkerCrashed(self._part.detail) from error
        if self._process.stdout is None:
            raise InternalError
        self._answers = BufferedByteReceiveStream(self._process.stdout)
        await self._exchange(None, WARM_UP_S)
        self._part = Part(PartState.READY, f"process {self._process.pid}")

    async def _exchange(self, request: bytes | None, timeout_s: float | None = None) -> dict[str, Json]:
        """Send a line and wait for the answer; any failure or cancellation ends the worker."""
        limit = timeout_s or self._timeout_s
        whole = False
        try:
            with anyio.fail_after(limit):
                if request is not None:
                    await self._send(request + b"\n")
                line = await self._receive()
            whole = True
        except TimeoutError as error:
            detail = f"no answer within {limit:g} s"
            raise WorkerTimeout(detail) from error
        except (OSError, anyio.BrokenResourceError, anyio.ClosedResourceError, anyio.EndOfStream) as error:
            raise WorkerCrashed(await self._last_words()) from error
        except (anyio.IncompleteRead, anyio.DelimiterNotFound) as error:
            raise WorkerCrashed(await self._last_words()) from error
        finally:
            if not whole:
                await self._end("the worker was lost and is restarting")
        return cast("dict[str, Json]", orjson.loads(line))

    async def _send(self, data: bytes) -> None:
        if self._process is None or self._process.stdin is None:
            raise anyio.ClosedResourceError
        await self._process.stdin.send(data)

    async def _receive(self) -> bytes:
        if self._answers is None:
            raise anyio.ClosedResourceError
        return await self._answers.receive_until(b"\n", MAX_ANSWER)

    async def _last_words(self) -> str:
        """The reason the worker ended, from its exit code; its output is in the log."""
        code = None
        if self._process is not None:
            with anyio.move_on_after(1):
                code = await self._process.wait()
        return _words(code)

    async def _end(self, why: str) -> None:
        """Kill the worker and reap it, even under cancellation."""
        process, self._process, self._answers = self._process, None, None
        self._part = Part(PartState.STOPPED, why)
        if process is None:
            return
        with suppress(ProcessLookupError):
            process.kill()
        with anyio.CancelScope(shield=True):
            await process.aclose()


def _words(code: int | None) -> str:
    if code is None:
        return "the worker closed its pipe"
    if code < 0:
        return f"the worker was killed by signal {-code}, which may mean that memory ran out"
    return f"the worker ended with exit code {code}"


def _value(answer: dict[str, Json]) -> Json:
    """The value of an answer; raises the worker's error."""
    error = answer.get("error")
    if isinstance(error, dict):
        raise from_json(cast("dict[str, object]", error))
    return answer.get("value")
