"""Sessions: limits, cancellation, progress, clients that do not read, clients that leave."""

import json
import socket
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import anyio
import pytest
from anyio.lowlevel import checkpoint

from crystalmath_server.ports import Ports
from crystalmath_server.protocol.framing import Framer
from crystalmath_server.protocol.method import Method, NoParams, Params
from crystalmath_server.rpc.bindings import bind
from crystalmath_server.rpc.dispatcher import CURRENT
from crystalmath_server.rpc.sessions import Session
from crystalmath_server.settings import Settings
from tests import fakes


@dataclass(frozen=True, slots=True)
class Size(Params):
    size: int = 1


gate = anyio.Event()
ended: list[str] = []


async def wait(_ports: Ports, _params: NoParams) -> str:
    try:
        await gate.wait()
    finally:
        ended.append("wait")
    return "waited"


async def report(_ports: Ports, _params: NoParams) -> str:
    work = CURRENT.get()
    assert work is not None
    work.peer.progress(work.id, "half way", 0.5)
    await checkpoint()
    return "done"


async def blob(_ports: Ports, params: Size) -> str:
    return "x" * params.size


BINDINGS = (
    bind(Method("wait", NoParams, str, ""), wait),
    bind(Method("report", NoParams, str, ""), report),
    bind(Method("blob", Size, str, ""), blob, inline=True),
)


class Client:
    """The other end of a session."""

    def __init__(self, sock: socket.socket) -> None:
        self.sock = sock
        self._framer = Framer()
        self._frames: list[bytes] = []

    async def send(self, method: str, id_: Any = None, **params: Any) -> None:
        message = {"jsonrpc": "2.0", "method": method, "params": params}
        await self.send_raw(json.dumps(message if id_ is None else {**message, "id": id_}).encode() + b"\n")

    async def send_raw(self, data: bytes) -> None:
        rest = memoryview(data)
        while rest:
            await anyio.wait_writable(self.sock)
            rest = rest[self.sock.send(rest) :]

    async def receive(self) -> Any:
        while not self._frames:
            await anyio.wait_readable(self.sock)
            data = self.sock.recv(65536)
            if not data:
                raise EOFError
            self._frames = self._framer.feed(data)
        return json.loads(self._frames.pop(0))


@asynccontextmanager
async def connected(settings: Settings | None = None) -> AsyncGenerator[tuple[Client, fakes.FakeHost]]:
    global gate  # noqa: PLW0603  an event belongs to one event loop
    gate = anyio.Event()
    ended.clear()
    host = fakes.FakeHost(BINDINGS, settings)
    async with anyio.create_task_group() as tasks:
        with anyio.fail_after(20):
            yield connect(host, tasks), host
            tasks.cancel_scope.cancel()


async def until(holds: Callable[[], bool]) -> None:
    while not holds():  # noqa: ASYNC110  what is awaited is a number
        await anyio.sleep(0.001)


def connect(host: fakes.FakeHost, tasks: Any) -> Client:
    ours, theirs = socket.socketpair()
    ours.setblocking(False)
    theirs.setblocking(False)
    tasks.start_soon(Session(theirs, host).serve)
    return Client(ours)


def test_a_quick_answer_overtakes_a_slow_one() -> None:
    async def main() -> None:
        async with connected() as (client, _):
            await client.send("wait", 1)
            await client.send("blob", 2)
            assert (await client.receive())["id"] == 2
            gate.set()
            assert await client.receive() == {"jsonrpc": "2.0", "result": "waited", "id": 1}
            client.sock.close()

    anyio.run(main)


def test_cancel_ends_the_work_and_answers() -> None:
    async def main() -> None:
        async with connected() as (client, host):
            await client.send("wait", "a")
            await client.send("wait", "b")
            await client.send("$/cancelRequest", id="a")
            answer = await client.receive()
            assert (answer["id"], answer["error"]["code"]) == ("a", -32800)
            assert host.in_flight == 1
            await client.send("$/cancelRequest", id="a")  # once more, and one that never was
            await client.send("$/cancelRequest", id="zebra")
            await client.send("$/cancelRequest", wrong=1)
            gate.set()
            assert (await client.receive())["id"] == "b"
            assert host.in_flight == 0
            client.sock.close()

    anyio.run(main)


def test_cancel_before_the_work_has_begun() -> None:
    async def main() -> None:
        async with connected() as (client, _):
            await client.send_raw(
                b'[{"jsonrpc":"2.0","method":"wait","id":1},'
                b'{"jsonrpc":"2.0","method":"$/cancelRequest","params":{"id":1}}]\n'
            )
            answers = await client.receive()
            assert [answer["error"]["code"] for answer in answers] == [-32800]
            client.sock.close()

    anyio.run(main)


def test_limit_of_one_client() -> None:
    async def main() -> None:
        async with connected(Settings(max_in_flight_per_client=2)) as (client, host):
            for number in range(4):
                await client.send("wait", number)
            refused = [await client.receive(), await client.receive()]
            assert [(answer["id"], answer["error"]["code"]) for answer in refused] == [
                (2, -32000),
                (3, -32000),
            ]
            assert refused[0]["error"]["data"]["retryable"] is True
            assert host.in_flight == 2
            gate.set()
            assert {(await client.receive())["id"], (await client.receive())["id"]} == {0, 1}
            client.sock.close()

    anyio.run(main)


def test_limit_of_all_clients() -> None:
    async def main() -> None:
        async with connected(Settings(max_in_flight=1)) as (client, host), anyio.create_task_group() as tasks:
            other = connect(host, tasks)
            await client.send("wait", 1)
            await until(lambda: host.in_flight == 1)
            await other.send("wait", 1)
            assert (await other.receive())["error"]["code"] == -32000
            other.sock.close()
            client.sock.close()

    anyio.run(main)


def test_an_id_in_flight_cannot_be_used_again() -> None:
    async def main() -> None:
        async with connected() as (client, _):
            await client.send("wait", 7)
            await client.send("wait", 7)
            answer = await client.receive()
            assert (answer["id"], answer["error"]["code"]) == (None, -32600)
            assert "7 is in flight" in answer["error"]["data"]["detail"]
            gate.set()
            assert (await client.receive())["result"] == "waited"
            await client.send("wait", 7)
            assert (await client.receive())["result"] == "waited"
            client.sock.close()

    anyio.run(main)


def test_a_stopping_server_takes_no_new_work() -> None:
    async def main() -> None:
        async with connected() as (client, host):
            host.stopping = True
            await client.send("wait", 1)
            await client.send("blob", 2)
            assert (await client.receive())["error"]["code"] == -32001
            assert (await client.receive())["result"] == "x"
            client.sock.close()

    anyio.run(main)


def test_progress_goes_to_the_client_that_asked() -> None:
    async def main() -> None:
        async with connected() as (client, _):
            await client.send("report", "r")
            told = await client.receive()
            assert told == {
                "jsonrpc": "2.0",
                "method": "$/progress",
                "params": {"id": "r", "text": "half way", "fraction": 0.5},
            }
            assert (await client.receive())["result"] == "done"
            client.sock.close()

    anyio.run(main)


def test_a_client_that_leaves_ends_its_work() -> None:
    async def main() -> None:
        async with connected() as (client, host):
            await client.send("wait", 1)
            await until(lambda: host.in_flight == 1)
            client.sock.close()
            await until(lambda: host.in_flight == 0)
            assert ended == ["wait"]

    anyio.run(main)


def test_a_client_that_only_stops_sending_gets_its_answers() -> None:
    async def main() -> None:
        async with connected() as (client, _):
            await client.send("wait", 1)
            client.sock.shutdown(socket.SHUT_WR)
            await anyio.sleep(0.05)
            gate.set()
            assert (await client.receive())["result"] == "waited"
            with pytest.raises(EOFError):
                await client.receive()
            client.sock.close()

    anyio.run(main)


def test_a_client_that_never_reads_is_not_read_either_and_then_dropped() -> None:
    async def main() -> None:
        settings = Settings(high_water=10_000, write_patience_s=0.3)
        async with connected(settings) as (client, host):
            request = b'{"jsonrpc":"2.0","method":"blob","params":{"size":100000},"id":1}\n'
            with pytest.raises(OSError, match=r"Broken pipe|reset"):
                await client.send_raw(request * 20_000)
            answered = host.meters.frames_out
            assert answered < 100  # what the kernel takes, and little more
            client.sock.close()

    anyio.run(main)


def test_a_client_that_reads_late_gets_all() -> None:
    async def main() -> None:
        async with connected(Settings(high_water=10_000)) as (client, _), anyio.create_task_group() as tasks:
            request = b'{"jsonrpc":"2.0","method":"blob","params":{"size":5000},"id":1}\n'
            tasks.start_soon(client.send_raw, request * 2000)
            await anyio.sleep(0.05)
            for _ in range(2000):
                assert len((await client.receive())["result"]) == 5000
            client.sock.close()

    anyio.run(main)


def test_a_busy_client_starves_nobody() -> None:
    async def main() -> None:
        async with connected() as (client, host), anyio.create_task_group() as serving:
            other = connect(host, serving)
            async with anyio.create_task_group() as flooding:
                flooding.start_soon(flood, client)
                await until(lambda: host.meters.frames_in >= 100)
                before = host.meters.frames_in
                await other.send("blob", 1)
                await other.receive()
                assert host.meters.frames_in - before < 2000
                flooding.cancel_scope.cancel()
            other.sock.close()
            client.sock.close()

    async def flood(client: Client) -> None:
        async with anyio.create_task_group() as both:
            both.start_soon(client.send_raw, b'{"jsonrpc":"2.0","method":"blob","id":1}\n' * 200_000)
            while True:
                await client.receive()

    anyio.run(main)


def test_a_broken_stream_is_told_why() -> None:
    async def main() -> None:
        async with connected(Settings(max_frame=2000)) as (client, _):
            await client.send_raw(b"{" + b"x" * 100_000)
            assert (await client.receive())["error"]["code"] == -32004
            with pytest.raises(EOFError):
                await client.receive()
            client.sock.close()

    anyio.run(main)
