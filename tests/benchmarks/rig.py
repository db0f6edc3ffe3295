"""Benchmarks: a home of its own, servers and peers as processes, raw sockets."""

import contextlib
import json
import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Generator, Mapping
from pathlib import Path

import psutil

ROOT = Path(__file__).parents[2]
PEERS = Path(__file__).parent / "peers"
PING = b'{"jsonrpc":"2.0","id":1,"method":"system.ping"}\n'
PLACES = ("HOME", "AIIDA_PATH", "XDG_RUNTIME_DIR", "XDG_STATE_HOME", "XDG_CONFIG_HOME")


def environment(home: Path) -> dict[str, str]:
    """An environment in which nothing of the user's is touched."""
    home.mkdir(parents=True, exist_ok=True)
    home.chmod(0o700)
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    return {**dict.fromkeys(PLACES, str(home)), "PATH": path, "LANG": "C.UTF-8", "TERM": "xterm-256color"}


@contextlib.contextmanager
def temporary_home() -> Generator[Path]:
    """A folder; every process that was started with it as home is ended."""
    with tempfile.TemporaryDirectory(prefix="cmb", ignore_cleanup_errors=True) as folder:
        home = Path(folder)
        try:
            yield home
        finally:
            end_family(home)


def end_family(home: Path) -> None:
    """End what lives in a home, by pid."""
    ours = [process for process in psutil.process_iter() if _lives_in(process, home)]
    for process in ours:
        with contextlib.suppress(psutil.NoSuchProcess):
            process.kill()
    psutil.wait_procs(ours, timeout=10)


def _lives_in(process: psutil.Process, home: Path) -> bool:
    try:
        return process.environ().get("HOME") == str(home)
    except psutil.Error:
        return False


@contextlib.contextmanager
def running(command: list[str], environ: Mapping[str, str]) -> Generator[subprocess.Popen[bytes]]:
    """A process that is ended in the end."""
    process = subprocess.Popen(
        command, env=dict(environ), stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, cwd=ROOT
    )
    try:
        yield process
    finally:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


@contextlib.contextmanager
def server(home: Path, *, ready: bool = True) -> Generator[Path]:
    """crystalmath-server at a socket; with `ready`, after AiiDA and the worker were loaded."""
    path = home / "s.sock"
    command = [sys.executable, "-m", "crystalmath_server", "--socket", str(path), "--foreground"]
    with running(command, environment(home)):
        connected(path).close()
        if ready:
            wait_ready(path)
        yield path


def connected(path: Path, timeout_s: float = 30.0) -> socket.socket:
    """A connection, as soon as there is one to be had."""
    end = time.monotonic() + timeout_s
    while True:
        link = socket.socket(socket.AF_UNIX)
        try:
            link.connect(str(path))
        except OSError:
            link.close()
            if time.monotonic() > end:
                raise
            time.sleep(0.001)
        else:
            return link


def ask(link: socket.socket, frame: bytes) -> bytes:
    """One frame there, one line back."""
    link.sendall(frame)
    answer = link.recv(65536)
    while not answer.endswith(b"\n"):
        answer += link.recv(1 << 20)
    return answer


def call(link: socket.socket, method: str, params: dict[str, object]) -> dict[str, object]:
    """Result of a call; notifications before it are ignored."""
    frame = json.dumps({"jsonrpc": "2.0", "id": 1, "method": method, "params": params}).encode() + b"\n"
    answer = ask(link, frame)
    while True:
        for line in answer.splitlines():
            message = json.loads(line)
            if "id" in message:
                if "error" in message:
                    raise RuntimeError(str(message["error"]))
                return message["result"]
        answer = ask(link, b"")


def wait_ready(path: Path, timeout_s: float = 120.0) -> None:
    """Wait until storage and worker are loaded."""
    end = time.monotonic() + timeout_s
    with connected(path) as link:
        while True:
            status: dict[str, dict[str, str]] = call(link, "system.status", {})  # type: ignore[assignment]
            if status["storage"]["state"] == status["worker"]["state"] == "ready":
                return
            if time.monotonic() > end:
                raise TimeoutError(str(status))
            time.sleep(0.1)


def round_trips(link: socket.socket, frame: bytes, count: int = 2000) -> float:
    """Median time of a round trip [µs]."""
    times: list[int] = []
    for _ in range(count):
        started = time.perf_counter_ns()
        ask(link, frame)
        times.append(time.perf_counter_ns() - started)
    times.sort()
    return times[len(times) // 2] / 1000
