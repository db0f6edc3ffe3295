"""Benchmarks of the RPC: round trips and pipelines against peers."""

import json
import socket
import sys
import time
from collections.abc import Generator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, cast

import grpc
import msgpack
import psutil
import rig
import zmq
from table import Goal, Result, against, alone, interleaved

ROUNDS = 5
PIPELINED = 20_000
WINDOW = 64


def results(home: Path) -> list[Result]:
    """All RPC goals, with one server and all peers up at once."""
    with ExitStack() as stack:
        path = stack.enter_context(rig.server(home))
        ours = stack.enter_context(rig.connected(path))
        ping = lambda: rig.round_trips(ours, rig.PING)  # noqa: E731
        done = [
            against(
                Goal("RPC round trip p50 / raw socket echo", 2.8), *_pair(ping, stack, home, _echo), "µs"
            ),
            against(Goal("… / ZeroMQ REQ-REP, msgpack", 0.85), *_pair(ping, stack, home, _zeromq), "µs"),
            against(Goal("… / pygls", 0.3), *_pair(ping, stack, home, _pygls), "µs"),
            against(Goal("… / gRPC", 0.12), *_pair(ping, stack, home, _grpc), "µs"),
        ]
        done.append(_pipelined(stack, home, ours))
        done.append(_memory(path))
        return done


def _pair(ours: Any, stack: ExitStack, home: Path, peer: Any) -> tuple[float, float]:
    return interleaved(ours, stack.enter_context(peer(home)), ROUNDS)


def _start(stack: ExitStack, name: str, at: Path) -> None:
    stack.enter_context(
        rig.running([sys.executable, str(rig.PEERS / name), str(at)], rig.environment(at.parent))
    )


@contextmanager
def _echo(home: Path) -> Generator[Any]:
    with ExitStack() as stack:
        _start(stack, "echo.py", home / "echo.sock")
        link = stack.enter_context(rig.connected(home / "echo.sock"))
        yield lambda: rig.round_trips(link, rig.PING)


def _timed(once: Any, count: int = 2000) -> float:
    times: list[int] = []
    for _ in range(count):
        started = time.perf_counter_ns()
        once()
        times.append(time.perf_counter_ns() - started)
    return sorted(times)[count // 2] / 1000


@contextmanager
def _zeromq(home: Path) -> Generator[Any]:
    with ExitStack() as stack:
        _start(stack, "zmq_rep.py", home / "zmq.sock")
        req = zmq.Context().socket(zmq.REQ)
        req.connect(f"ipc://{home / 'zmq.sock'}")

        def once() -> None:
            req.send(cast("bytes", msgpack.packb({"id": 1, "method": "system.ping"})))
            msgpack.unpackb(req.recv())

        yield lambda: _timed(once)
        req.close(0)


@contextmanager
def _grpc(home: Path) -> Generator[Any]:
    with ExitStack() as stack:
        _start(stack, "grpc_server.py", home / "grpc.sock")
        channel = stack.enter_context(grpc.insecure_channel(f"unix:{home / 'grpc.sock'}"))
        grpc.channel_ready_future(channel).result(20)
        stub = channel.unary_unary(
            "/peer.Peer/Ping",
            request_serializer=lambda value: json.dumps(value).encode(),
            response_deserializer=json.loads,
        )
        yield lambda: _timed(lambda: stub({"id": 1}), 500)


@contextmanager
def _pygls(home: Path) -> Generator[Any]:
    with ExitStack() as stack:
        _start(stack, "pygls_server.py", home / "pygls.port")
        link = stack.enter_context(_tcp(home / "pygls.port"))
        body = b'{"jsonrpc":"2.0","id":1,"method":"peer/ping","params":{}}'
        frame = b"Content-Length: %d\r\n\r\n%s" % (len(body), body)

        def once() -> None:
            link.sendall(frame)
            answer = link.recv(65536)
            while not answer.endswith(b"}"):
                answer += link.recv(65536)

        yield lambda: _timed(once, 500)


def _tcp(told: Path) -> socket.socket:
    end = time.monotonic() + 20
    while True:
        try:
            return socket.create_connection(("127.0.0.1", int(told.read_text())), 5)
        except (OSError, ValueError):
            if time.monotonic() > end:
                raise
            time.sleep(0.05)


def _pipelined(stack: ExitStack, home: Path, ours: socket.socket) -> Result:
    _start(stack, "jsonrpcserver_default.py", home / "jrs.sock")
    peer = stack.enter_context(rig.connected(home / "jrs.sock"))
    mine, theirs = interleaved(lambda: _rate(ours), lambda: _rate(peer), 3)
    return against(
        Goal("pipelined requests/s / jsonrpcserver defaults", 5, more_is_better=True), mine, theirs, "1/s"
    )


def _rate(link: socket.socket) -> float:
    """Requests a second with a window of requests under way."""
    sent = received = 0
    started = time.perf_counter()
    while received < PIPELINED:
        burst = min(WINDOW, PIPELINED - sent)
        if burst and sent - received < WINDOW:
            link.sendall(rig.PING * burst)
            sent += burst
        received += link.recv(1 << 20).count(b"\n")
    return PIPELINED / (time.perf_counter() - started)


def _memory(path: Path) -> Result:
    """Growth of the server while one client asks and never reads, and another works."""
    with rig.connected(path) as rude, rig.connected(path) as busy:
        process = psutil.Process(int(str(rig.call(busy, "system.status", {})["pid"])))
        rig.round_trips(busy, rig.PING, 2000)
        before = process.memory_info().rss
        rude.setblocking(False)
        for _ in range(200):
            try:
                rude.send(b'{"jsonrpc":"2.0","id":1,"method":"rpc.discover"}\n' * 10)
            except OSError:
                break
        rig.round_trips(busy, rig.PING, 5000)
        grown = (process.memory_info().rss - before) / 1e6
    return alone(Goal("memory, one client that never reads [MB]", 3), grown, "MB")
