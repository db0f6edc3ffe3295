"""Client of the fork server, which runs the heavy programs of parsers and corrections."""

import atexit
import json
import os
import select
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from typing import IO, cast

COMMAND = (sys.executable, "-P", "-m", "crystalmath_server.adapters.worker.fork_server")
_ONE_THREAD = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")


@dataclass(frozen=True)
class Ended:
    """How a program ended.

    Attributes
    ----------
    status
        Exit status; negative if a signal ended the program.
    stderr
        What the program wrote to its standard error.
    """

    status: int
    stderr: str


class ForkClient:
    """Starts the fork server with the first call, and again if it has ended."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._server: subprocess.Popen[bytes] | None = None
        self._stderr = tempfile.TemporaryFile()  # noqa: SIM115  kept for the life of the process

    def run(self, name: str, *arguments: str, timeout_s: float) -> Ended:
        """Run a program of the fork server and wait until it has ended.

        Raises
        ------
        TimeoutError
            The program took longer than `timeout_s`, and was killed.
        """
        with self._lock:
            server = self._start()
            self._stderr.seek(0)
            self._stderr.truncate()
            answer = _ask(server, [name, *arguments], timeout_s)
            status = int(answer) if answer else _kill(server)
            self._stderr.seek(0)
            return Ended(status, self._stderr.read().decode(errors="replace"))

    def close(self) -> int:
        """End the server as the end of this process would; returns its exit status."""
        with self._lock:
            self._stderr.close()
            server, self._server = self._server, None
            return _close(server) if server else 0

    def _start(self) -> subprocess.Popen[bytes]:
        if self._server is not None and self._server.poll() is not None:
            _close(self._server)
            self._server = None
        if self._server is None:
            self._server = subprocess.Popen(  # noqa: S603  our own program
                COMMAND,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=self._stderr,
                bufsize=0,
                env=os.environ | _ONE_THREAD,
                process_group=0,
            )
        return self._server


def _ask(server: subprocess.Popen[bytes], call: Sequence[str], timeout_s: float) -> bytes:
    """The server's answer; nothing if the server has died."""
    requests, answers = cast("tuple[IO[bytes], IO[bytes]]", (server.stdin, server.stdout))
    with suppress(BrokenPipeError):
        requests.write(json.dumps(call).encode() + b"\n")
    if not select.select([answers], [], [], timeout_s)[0]:
        _kill(server)
        raise TimeoutError
    return answers.readline()


def _kill(server: subprocess.Popen[bytes]) -> int:
    """Kill the server, which is not yet waited for, and the program that it runs; its exit status."""
    os.killpg(server.pid, signal.SIGKILL)
    return _close(server)


def _close(server: subprocess.Popen[bytes]) -> int:
    """The exit status of the server, whose pipes are closed."""
    server.communicate()
    return server.returncode


@cache
def fork_server() -> ForkClient:
    """The fork server of this process, which ends with it."""
    client = ForkClient()
    atexit.register(client.close)
    return client
