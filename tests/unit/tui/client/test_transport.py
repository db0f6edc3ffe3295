"""The link and the blocking client against a peer that speaks from a script."""

import json
import os
import select
import signal
import socket
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from crystalmath_server.protocol.errors import (
    CallTimeout,
    ConnectionLost,
    NotAllowed,
    NotFound,
    Overloaded,
    VersionMismatch,
)
from crystalmath_server.protocol.method import NoParams
from crystalmath_server.protocol.structures import STRUCTURES_IMPORT, ImportStructureParams
from crystalmath_server.protocol.system import PING, Pong, ProgressParams
from crystalmath_tui.client import transport
from crystalmath_tui.client.connection import Response
from crystalmath_tui.client.transport import Client, Link, open_link


class Peer:
    """The other end of a link: reads messages, answers what a test tells it to."""

    def __init__(self, sock: socket.socket) -> None:
        self.sock = sock
        self._file = sock.makefile("rb")

    def read(self) -> Any:
        return json.loads(self._file.readline())

    def send(self, **message: Any) -> None:
        self.sock.sendall(json.dumps({"jsonrpc": "2.0", **message}).encode() + b"\n")

    def close(self) -> None:
        self._file.close()
        self.sock.close()


@pytest.fixture
def ends() -> Iterator[tuple[Link, Peer]]:
    ours, theirs = socket.socketpair()
    theirs.settimeout(10)
    link, peer = Link(ours), Peer(theirs)
    yield link, peer
    link.close()
    peer.close()


Playing = Callable[[Callable[[], None]], None]


@pytest.fixture
def play() -> Iterator[Playing]:
    """Run a script of the peer beside the test; what it raises fails the test."""
    threads: list[threading.Thread] = []
    errors: list[BaseException] = []

    def start(script: Callable[[], None]) -> None:
        def run() -> None:
            try:
                script()
            except BaseException as error:  # noqa: BLE001  raised again below
                errors.append(error)

        threads.append(threading.Thread(target=run))
        threads[-1].start()

    yield start
    for thread in threads:
        thread.join(10)
    assert not errors


def test_a_call_answers_the_result(ends: tuple[Link, Peer], play: Playing) -> None:
    link, peer = ends
    play(lambda: peer.send(id=peer.read()["id"], result={"time_s": 2}))
    assert Client(link).call(PING, NoParams()) == Pong(2.0)


def test_a_call_raises_the_servers_error(ends: tuple[Link, Peer], play: Playing) -> None:
    link, peer = ends
    play(lambda: peer.send(id=peer.read()["id"], error=NotFound("no job 7").to_json()))
    with pytest.raises(NotFound, match="no job 7"):
        Client(link).call(PING, NoParams())


def test_progress_of_this_call_is_told(ends: tuple[Link, Peer], play: Playing) -> None:
    link, peer = ends
    told: list[ProgressParams] = []

    def script() -> None:
        number = peer.read()["id"]
        peer.send(method="$/progress", params={"id": number, "text": "loading AiiDA", "fraction": 0.5})
        peer.send(method="$/progress", params={"id": number + 1, "text": "of another"})
        peer.send(id=number, result={"time_s": 2})

    play(script)
    Client(link, told.append).call(PING, NoParams())
    assert [row.text for row in told] == ["loading AiiDA"]


def test_no_answer_in_time_cancels_and_a_late_one_is_dropped(ends: tuple[Link, Peer], play: Playing) -> None:
    link, peer = ends
    client = Client(link)
    with pytest.raises(CallTimeout, match=r"system\.ping within 0\.05 s"):
        client.call(PING, NoParams(), timeout=0.05)
    number = peer.read()["id"]
    assert peer.read() == {"jsonrpc": "2.0", "method": "$/cancelRequest", "params": {"id": number}}
    peer.send(id=number, result={"time_s": 1})
    play(lambda: peer.send(id=peer.read()["id"], result={"time_s": 2}))
    assert client.call(PING, NoParams()) == Pong(2.0)


def test_an_interrupt_cancels(ends: tuple[Link, Peer]) -> None:
    link, peer = ends
    before = signal.signal(signal.SIGALRM, signal.default_int_handler)
    signal.setitimer(signal.ITIMER_REAL, 0.1)
    try:
        with pytest.raises(KeyboardInterrupt):
            Client(link).call(PING, NoParams(), timeout=10)
    finally:
        signal.signal(signal.SIGALRM, before)
    assert [peer.read()["method"] for _ in range(2)] == ["system.ping", "$/cancelRequest"]


def test_a_server_that_closes_is_a_lost_connection(ends: tuple[Link, Peer], play: Playing) -> None:
    link, peer = ends

    def script() -> None:
        peer.read()
        peer.sock.shutdown(socket.SHUT_RDWR)

    play(script)
    with pytest.raises(ConnectionLost):
        Client(link).call(PING, NoParams())


def test_what_the_server_said_before_it_closed_is_heard(ends: tuple[Link, Peer]) -> None:
    link, peer = ends
    peer.send(id=None, error=Overloaded("too many clients").to_json())
    peer.sock.shutdown(socket.SHUT_RDWR)
    with pytest.raises(Overloaded, match="too many clients"):
        Client(link).call(PING, NoParams())


def test_a_large_request_leaves_in_pieces(ends: tuple[Link, Peer], play: Playing) -> None:
    link, peer = ends
    text = "x" * 3_000_000
    link.request(STRUCTURES_IMPORT, ImportStructureParams(text=text))
    assert link.wants_write
    got: list[int] = []
    play(lambda: got.append(len(peer.read()["params"]["text"])))
    while link.wants_write:
        select.select([], [link], [], 5)
        link.flush()
    deadline = time.monotonic() + 5
    while not got and time.monotonic() < deadline:
        time.sleep(0.01)
    assert got == [len(text)]


def test_a_link_never_blocks(ends: tuple[Link, Peer]) -> None:
    link, peer = ends
    assert link.on_readable() == []
    number = link.request(PING, NoParams())
    assert link.on_readable() == []
    peer.send(id=number, result={"time_s": 1})
    select.select([link], [], [], 5)
    assert link.on_readable() == [Response(number, Pong(1.0))]


def test_greet_refuses_another_protocol(ends: tuple[Link, Peer], play: Playing) -> None:
    link, peer = ends
    hello = {"server": "s", "version": "9", "protocol": 99, "profile": "p", "pid": 1, "capabilities": []}
    play(lambda: peer.send(id=peer.read()["id"], result=hello))
    with pytest.raises(VersionMismatch):
        Client(link).greet()


def test_nobody_listens(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        open_link(tmp_path / "none.sock")


def test_a_server_of_another_user_is_not_talked_to(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "s.sock"
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(path))
        listener.listen()
        open_link(path).close()
        monkeypatch.setattr(transport.os, "getuid", lambda: os.geteuid() + 1)
        with pytest.raises(NotAllowed, match="served by user"):
            open_link(path)
