"""A worker that crashes, hangs or is abandoned does no harm, and a new one takes its place."""

import os
import signal
import sys
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

import anyio
import psutil
import pytest

from crystalmath_server.adapters.processes.worker_process import WorkerProcess
from crystalmath_server.protocol.errors import InternalError, WorkerCrashed, WorkerTimeout
from crystalmath_server.protocol.system import PartState

# A worker with the real loop and calls that misbehave.
ODD = """
import os, sys, time
from crystalmath_server.adapters.worker import main as worker_main, templates as atomate2_templates
atomate2_templates.load = lambda: None
def crash(argument):
    os._exit(argument["code"])
def noisy(argument):
    print("a library talks on stdout")
    os.write(1, b"and its C code too")
    return "heard"
def broken(argument):
    raise ZeroDivisionError("secret")
worker_main.CALLS |= {"pid": lambda argument: os.getpid(), "crash": crash, "noisy": noisy,
    "broken": broken, "sleep": lambda argument: time.sleep(argument["s"])}
worker_main.main()
"""


@asynccontextmanager
async def worker(timeout_s: float = 30) -> AsyncGenerator[WorkerProcess]:
    made = WorkerProcess(timeout_s, (sys.executable, "-u", "-P", "-c", ODD))
    async with anyio.create_task_group() as group:
        group.start_soon(made.run)
        yield made
        group.cancel_scope.cancel()


async def new_pid(made: WorkerProcess, old: object) -> None:
    """A call is answered by another process, and the old one is gone."""
    assert await made.call("pid", {}) != old
    assert not psutil.pid_exists(int(str(old)))


def test_crash_hang_and_cancel() -> None:
    async def main() -> None:
        async with worker() as made:
            pid = await made.call("pid", {})
            with pytest.raises(WorkerCrashed, match="exit code 7"):
                await made.call("crash", {"code": 7})
            await new_pid(made, pid)
            pid = await made.call("pid", {})
            with anyio.move_on_after(0.1):
                await made.call("sleep", {"s": 60})
            await new_pid(made, pid)
            pid = await made.call("pid", {})
            os.kill(int(str(pid)), signal.SIGKILL)
            with anyio.fail_after(10):
                while psutil.pid_exists(int(str(pid))):  # noqa: ASYNC110  the kernel sets no event
                    await anyio.sleep(0.02)
            with anyio.fail_after(30):
                while made.pid in (None, int(str(pid))):  # noqa: ASYNC110  a call meanwhile fails, and says so
                    await anyio.sleep(0.02)
            await new_pid(made, pid)
            assert await made.call("noisy", {}) == "heard"
            with pytest.raises(InternalError) as caught:
                await made.call("broken", {})
            assert caught.value.data.reference
            assert "secret" not in str(caught.value.to_json())

    anyio.run(main)


def test_a_worker_over_its_time_limit_is_replaced() -> None:
    async def main() -> None:
        async with worker(10) as made:
            pid = await made.call("pid", {})
            made._timeout_s = 0.2
            with pytest.raises(WorkerTimeout, match=r"0\.2 s"):
                await made.call("sleep", {"s": 60})
            made._timeout_s = 10
            await new_pid(made, pid)

    anyio.run(main)


def test_a_worker_that_cannot_start_says_so() -> None:
    async def main() -> None:
        made = WorkerProcess(5, ("/none/there",))
        with pytest.raises(WorkerCrashed, match="No such file"):
            await made.call("pid", {})
        assert made.part.state is PartState.FAILED

    anyio.run(main)


def test_nothing_is_left_behind() -> None:
    pids: list[int] = []

    async def main() -> None:
        async with worker() as made:
            pids.append(int(str(await made.call("pid", {}))))

    anyio.run(main)
    assert not psutil.pid_exists(pids[0])
