"""Rude clients: garbage, huge, slow and never-reading ones, while another client's ping is answered."""

import contextlib
import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.integration.server_process import Running, answers, running, wait_until

PING = b'{"jsonrpc":"2.0","id":1,"method":"system.ping"}\n'
MAX_CLIENTS = 20


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    path = tmp_path_factory.mktemp("abuse") / "s.sock"
    environ = {
        "CRYSTALMATH_MAX_CLIENTS": str(MAX_CLIENTS),
        "CRYSTALMATH_WRITE_PATIENCE_S": "0.5",
        "CRYSTALMATH_MAX_FRAME": "1000000",
    }
    with running(path, "--render-s", "0.3", **environ) as server:
        yield server


@pytest.fixture(autouse=True)
def good_client(server: Running) -> Iterator[Callable[[], float]]:
    """Pings all through the test; none may be lost, and all is well at its end."""
    with server.client() as client:
        slowest, ending = [0.0], threading.Event()

        def ping() -> None:
            while not ending.is_set():
                start_s = time.perf_counter()
                assert "time_s" in client.call("system.ping")
                slowest[0] = max(slowest[0], time.perf_counter() - start_s)
                time.sleep(0.005)

        pinging = threading.Thread(target=ping)
        pinging.start()
        yield lambda: slowest[0]
        ending.set()
        pinging.join(20)
        assert not pinging.is_alive()
        assert slowest[0] < 2.0
        assert server.process.poll() is None
    wait_until(lambda: clients(server) == 1, why="a rude client is still held")


def clients(server: Running) -> int:
    """How many clients are connected; a full server refuses to say."""
    with server.client() as client:
        return client.call("system.status").get("clients", MAX_CLIENTS)


@pytest.mark.parametrize(
    "data, code",
    [
        (os.urandom(1).replace(b"{", b"\x00") + b"\x00\xff" * 3000, -32700),
        (b"GET / HTTP/1.1\r\nHost: x\r\n\r\n", -32700),
        (b"Content-Length: 99999999999\r\n\r\n", -32004),
        (b"Content-Length: 9999999\r\n\r\n", -32004),
        (b"{" + b"x" * 3_000_000, -32004),
        (b"[" * 900_000 + b"\n", -32700),
        (b'{"a":' * 100_000 + b"\n", -32700),
    ],
    ids=["noise", "http", "absurd length", "large length", "endless line", "brackets", "braces"],
)
def test_garbage_is_told_what_it_is(server: Running, data: bytes, code: int) -> None:
    with server.client() as client:
        with contextlib.suppress(BrokenPipeError):  # cut off in mid-sentence; the reason waits to be read
            client.sock.sendall(data)
        answer = client.receive()
        assert (answer["error"]["code"], answer["id"]) == (code, None)


def test_a_slow_writer_is_served(server: Running) -> None:
    with server.client() as client:
        for byte in PING:
            client.sock.sendall(bytes([byte]))
            time.sleep(0.002)
        assert client.receive()["id"] == 1


def test_a_client_that_says_nothing_harms_nobody(server: Running) -> None:
    silent = [server.client() for _ in range(10)]
    assert answers(server.socket)
    for client in silent:
        client.sock.close()


def test_half_a_request_and_gone(server: Running) -> None:
    for _ in range(30):
        with server.client() as client:
            client.sock.sendall(PING[:20])


def test_a_client_that_never_reads_is_bounded(server: Running) -> None:
    with server.client() as good, server.client() as client:
        before_mb = good.call("system.metrics")["rss_mb"]
        client.sock.settimeout(0.2)
        request = b'{"jsonrpc":"2.0","id":1,"method":"rpc.discover"}\n' * 1_000_000
        with pytest.raises(OSError, match=r"timed out|pipe|reset"):
            client.sock.sendall(request)
        grown_mb = good.call("system.metrics")["rss_mb"] - before_mb
        assert grown_mb < 10


def test_a_flood_is_answered_in_full(server: Running) -> None:
    number = 20_000
    with server.client() as client:
        sending = threading.Thread(target=client.sock.sendall, args=(PING * number,))
        sending.start()
        for _ in range(number):
            assert "result" in client.receive()
        sending.join()


def test_too_many_clients_are_turned_away(server: Running) -> None:
    held = [server.client() for _ in range(18)]
    with server.client() as one_more:
        # the last place may be that one's; the next is surely too many
        with server.client() as too_many:
            answer = too_many.receive()
            assert answer["error"]["code"] == -32000
            assert "clients are connected" in answer["error"]["data"]["detail"]
        assert one_more
    for client in held:
        client.sock.close()
    wait_until(lambda: answers(server.socket))


def test_too_many_requests_at_once(server: Running) -> None:
    with server.client() as client:
        batch = [
            {"jsonrpc": "2.0", "id": n, "method": "templates.render", "params": ["relax", [1]]}
            for n in range(200)
        ]
        client.sock.sendall(json.dumps(batch).encode() + b"\n")
        while isinstance(answers := client.receive(), dict):
            assert answers["method"] == "$/progress"
        codes = [answer.get("error", {}).get("code", 0) for answer in answers]
        assert codes == [0] * 64 + [-32000] * 136


OTHER_USER = """
import os, socket, sys
os.setgroups([])
os.setgid(65534)
os.setuid(65534)
sock = socket.socket(socket.AF_UNIX)
sock.settimeout(10)
sock.connect(sys.argv[1])
try:
    sock.sendall(b'{"jsonrpc":"2.0","id":1,"method":"system.shutdown"}\\n')
except BrokenPipeError:  # the door was shut already
    pass
sys.stdout.write(sock.recv(65536).decode())
try:
    sys.stdout.write("|" + repr(sock.recv(65536)))
except ConnectionResetError:  # what it sent was never read
    sys.stdout.write("|b''")
"""


def test_another_user_is_refused(server: Running, tmp_path: Path) -> None:
    if os.geteuid() != 0:
        pytest.fail("This test must become another user to knock as one: run it as root, as CI does.")
    folders = [folder for folder in server.socket.parents if not folder.stat().st_mode & 0o001]
    modes = [folder.stat().st_mode for folder in folders]
    try:  # open the doors that would have held it off, so that the check itself is seen
        for folder in folders:
            folder.chmod(0o755)
        server.socket.chmod(0o666)
        said = subprocess.run(
            [sys.executable, "-I", "-c", OTHER_USER, str(server.socket)],
            capture_output=True,
            text=True,
            check=False,
            cwd="/",
        )
    finally:
        for folder, mode in zip(folders, modes, strict=True):
            folder.chmod(mode & 0o7777)
        server.socket.chmod(0o600)
    answer, _, rest = said.stdout.partition("|")
    error = json.loads(answer)["error"]
    assert (error["code"], error["data"]["kind"]) == (1003, "NotAllowed"), said.stderr
    assert "65534" in error["data"]["detail"]
    assert rest == "b''"
    assert server.process.poll() is None
