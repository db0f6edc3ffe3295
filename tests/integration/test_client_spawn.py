"""The light client starts the real server: once, and with the reason where it cannot."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psutil
import pytest

from crystalmath_server.protocol.errors import Conflict, ServerStartFailed
from crystalmath_server.protocol.method import NoParams
from crystalmath_server.protocol.system import PING, SHUTDOWN, STATUS
from crystalmath_tui.client import connect
from crystalmath_tui.client.daemon import try_connect
from tests.integration.server_process import wait_until

PROGRAM = """
from crystalmath_server.protocol.method import NoParams
from crystalmath_server.protocol.system import STATUS
from crystalmath_tui.client import connect
with connect("main") as server:
    print(server.call(STATUS, NoParams()).pid)
"""


@dataclass(frozen=True)
class Place:
    """Where servers of this test live."""

    socket: Path
    state: Path


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Place]:
    """Folders of the test's own; a server that was started there is stopped."""
    for name in ("HOME", "AIIDA_PATH", "XDG_STATE_HOME", "XDG_CONFIG_HOME"):
        monkeypatch.setenv(name, str(tmp_path))
    socket = tmp_path / "s.sock"
    monkeypatch.setenv("CRYSTALMATH_SOCKET", str(socket))
    monkeypatch.setenv("PATH", f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}")
    yield Place(socket, tmp_path / "crystalmath")
    if link := try_connect(socket):
        link.close()
        with connect(spawn=False) as server:
            pid = server.call(STATUS, NoParams()).pid
            server.call(SHUTDOWN, NoParams())
        wait_until(lambda: not psutil.pid_exists(pid), why="the server did not end")


def test_the_first_call_starts_a_server_that_outlives_the_client(place: Place) -> None:
    began = time.monotonic()
    with connect("main") as server:
        assert time.monotonic() - began < 10
        status = server.call(STATUS, NoParams())
        assert (status.profile, status.socket) == ("main", str(place.socket))
    with connect("main") as again:
        assert again.call(STATUS, NoParams()).pid == status.pid
    process = psutil.Process(status.pid)
    assert process.ppid() != os.getpid()
    assert os.getsid(status.pid) != os.getsid(0)
    assert process.cwd() == "/"


def test_clients_that_start_at_once_share_one_server(place: Place) -> None:
    processes = [
        subprocess.Popen([sys.executable, "-c", PROGRAM], stdout=subprocess.PIPE, text=True) for _ in range(6)
    ]
    pids = {process.communicate(timeout=60)[0] for process in processes}
    assert [process.returncode for process in processes] == [0] * 6
    assert len(pids) == 1


def test_no_zombie_stays(place: Place) -> None:
    connect("main").close()
    wait_until(lambda: not psutil.Process().children(), 5, why="a child stayed")


def test_a_call_after_a_stop_starts_the_next_server(place: Place) -> None:
    with connect("main") as server:
        pid = server.call(STATUS, NoParams()).pid
        server.call(SHUTDOWN, NoParams())
    with connect("main") as server:
        assert server.call(STATUS, NoParams()).pid != pid


def test_a_server_of_another_profile_is_no_answer(place: Place) -> None:
    connect("main").close()
    with pytest.raises(Conflict, match="serves profile main, not other") as caught:
        connect("other")
    assert caught.value.data.field == "profile"


def test_a_broken_setting_is_told_with_its_reason(place: Place) -> None:
    place.state.mkdir(exist_ok=True)
    (place.state / "config.toml").write_text("nonsense = [")
    with pytest.raises(ServerStartFailed) as caught:
        connect("main")
    assert "config.toml" in str(caught.value)


def test_the_connection_answers_at_once_while_the_rest_loads(place: Place) -> None:
    with connect("main") as server:
        began = time.monotonic()
        server.call(PING, NoParams())
        assert time.monotonic() - began < 1
