"""Server processes for tests: on the fakes, at a socket of the test's own."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from crystalmath_server.protocol.framing import Framer
from tests.patience import patience_s

ROOT = Path(__file__).parents[2]
FAKE = (sys.executable, str(ROOT / "tests/integration/fake_server.py"))
REAL = (sys.executable, "-m", "crystalmath_server")


def wait_until(
    holds: Callable[[], Any], timeout_s: float = 20.0, why: str = "it never came true", pause_s: float = 0.02
) -> Any:
    """Poll until `holds` answers something true; that answer. Calls that cost much need a longer pause."""
    deadline_s = time.monotonic() + patience_s(timeout_s)
    while not (answer := holds()):
        assert time.monotonic() < deadline_s, why
        time.sleep(pause_s)
    return answer


class Client:
    """A blocking client that sees every byte."""

    def __init__(self, path: Path, timeout_s: float = 20.0) -> None:
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(timeout_s)
        try:
            self.sock.connect(os.fspath(path))
        except OSError:
            self.sock.close()
            raise
        self._framer = Framer()
        self._frames: list[bytes] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.sock.close()

    def send(self, method: str, id_: Any = 1, **params: Any) -> None:
        message = {"jsonrpc": "2.0", "id": id_, "method": method, "params": params}
        self.sock.sendall(json.dumps(message).encode() + b"\n")

    def receive(self) -> Any:
        while not self._frames:
            data = self.sock.recv(65536)
            if not data:
                raise EOFError
            self._frames = self._framer.feed(data)
        return json.loads(self._frames.pop(0))

    def call(self, method: str, **params: Any) -> Any:
        """The result; progress on the way is ignored."""
        self.send(method, **params)
        while "method" in (message := self.receive()):
            continue
        return message["result"] if "result" in message else message["error"]


def answers(path: Path) -> bool:
    """Whether a server answers a ping at `path`."""
    try:
        with Client(path) as client:
            return "time_s" in client.call("system.ping")
    except (OSError, EOFError):
        return False


@dataclass
class Running:
    """A server process."""

    process: subprocess.Popen[bytes]
    socket: Path

    def client(self) -> Client:
        return Client(self.socket)

    def end(self, number: int = signal.SIGTERM, timeout_s: float = 20.0) -> int:
        if self.process.poll() is None:
            self.process.send_signal(number)
        return self.process.wait(timeout_s)


def start(path: Path, *options: str, **environ: str) -> Running:
    """Start a server on the fakes; it may still fail."""
    process = subprocess.Popen(
        [*FAKE, str(path), *options],
        env={**os.environ, **environ},
        cwd=ROOT,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    )
    return Running(process, path)


@contextmanager
def running(path: Path, *options: str, **environ: str) -> Generator[Running]:
    """A server on the fakes that answers."""
    server = start(path, *options, **environ)
    try:
        wait_until(
            lambda: answers(path) or server.process.poll() is not None, why="the server never answered"
        )
        assert server.process.poll() is None, server.process.communicate()[1].decode()
        yield server
    finally:
        server.end(signal.SIGKILL)
        if server.process.stderr:
            server.process.stderr.close()


@dataclass
class Result:
    """What a command said and how it ended."""

    status: int
    out: str
    err: str


def command(*arguments: str, **environ: str) -> Result:
    """Run `crystalmath-server` to its end."""
    done = subprocess.run(
        [*REAL, *arguments],
        env={**os.environ, **environ},
        capture_output=True,
        timeout=60,
        check=False,
        text=True,
    )
    return Result(done.returncode, done.stdout, done.stderr)
