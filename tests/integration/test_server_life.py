"""The daemon's life: one server a socket, whatever stands there, however it ends."""

import json
import os
import signal
import socket
import stat
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from crystalmath_server.protocol.endpoint import lock_path
from crystalmath_server.rpc.claim import is_locked
from tests.integration.server_process import (
    REAL,
    Running,
    answers,
    command,
    running,
    start,
    wait_until,
)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "run" / "s.sock"


def errors_of(server: Running) -> str:
    return server.process.communicate(timeout=20)[1].decode()


def test_a_storm_of_fifty_starts_leaves_one_server(path: Path) -> None:
    started = [start(path) for _ in range(50)]
    try:
        wait_until(lambda: answers(path), 60)
        wait_until(lambda: sum(one.process.poll() is None for one in started) == 1, 60, "more than one lives")
        assert sorted(one.process.poll() or 0 for one in started) == [0] * 50
        alive = next(one for one in started if one.process.poll() is None)
        with alive.client() as client:
            assert client.call("system.status")["pid"] == alive.process.pid
    finally:
        for one in started:
            one.end(signal.SIGKILL)
            one.process.communicate()


def test_the_socket_is_for_its_user_alone(path: Path) -> None:
    with running(path):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
        assert stat.S_IMODE(lock_path(path).stat().st_mode) == 0o600


def test_a_second_server_leaves_the_first_alone(path: Path) -> None:
    with running(path) as first:
        second = start(path)
        assert second.process.wait(20) == 0
        assert errors_of(second) == ""
        assert first.process.poll() is None
        assert answers(path)


def test_a_stale_socket_is_taken_over(path: Path) -> None:
    path.parent.mkdir(mode=0o700)
    with socket.socket(socket.AF_UNIX) as dead:
        dead.bind(str(path))
    assert path.exists()
    with running(path):
        assert answers(path)


@pytest.mark.parametrize("kind", ["file", "folder", "link", "fifo"])
def test_what_is_no_socket_is_left_alone(path: Path, kind: str) -> None:
    path.parent.mkdir(mode=0o700)
    make = {
        "file": lambda: path.write_text("precious"),
        "folder": path.mkdir,
        "link": lambda: path.symlink_to("/etc/passwd"),
        "fifo": lambda: os.mkfifo(path),
    }
    make[kind]()
    before = path.lstat().st_ino
    done = command("--foreground", "--socket", str(path))
    assert done.status == 1
    assert f"{path} exists and is not a socket" in done.err
    assert "Move it away" in done.err
    assert path.lstat().st_ino == before


def test_another_program_at_the_socket_is_left_alone(path: Path) -> None:
    path.parent.mkdir(mode=0o700)
    with socket.socket(socket.AF_UNIX) as other:
        other.bind(str(path))
        other.listen()
        done = command("--foreground", "--socket", str(path))
        assert done.status == 1
        assert "another program listens" in done.err
        assert path.exists()


def test_a_socket_of_another_user_is_left_alone(path: Path) -> None:
    if os.geteuid() != 0:
        pytest.fail("This test gives a socket to another user: run it as root, as CI does.")
    path.parent.mkdir(mode=0o700)
    with socket.socket(socket.AF_UNIX) as other:
        other.bind(str(path))
    os.chown(path, 65534, 65534)
    done = command("--foreground", "--socket", str(path))
    assert done.status == 1
    assert "belongs to user 65534" in done.err
    assert path.exists()


def test_a_folder_that_others_may_write_in_is_refused(path: Path) -> None:
    path.parent.mkdir()
    path.parent.chmod(0o777)
    done = command("--foreground", "--socket", str(path))
    assert done.status == 1
    assert "others may write" in done.err


def test_a_path_too_long_for_a_socket(tmp_path: Path) -> None:
    done = command("--foreground", "--socket", str(tmp_path / ("x" * 120)))
    assert done.status == 1
    assert "longer than 107 bytes" in done.err


def test_killed_and_started_again(path: Path) -> None:
    with running(path) as first:
        assert first.end(signal.SIGKILL) == -signal.SIGKILL
        assert path.exists()
        with running(path):
            assert answers(path)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_a_signal_ends_it_after_the_request_in_flight(path: Path, number: signal.Signals) -> None:
    with running(path, "--render-s", "0.6") as server, server.client() as client, server.client() as other:
        client.send("templates.render", template="relax", structures=[1])
        assert client.receive()["method"] == "$/progress"
        server.process.send_signal(number)
        wait_until(lambda: not path.exists())
        assert server.process.poll() is None
        assert is_locked(lock_path(path))
        assert other.call("templates.render", template="relax", structures=[1])["code"] == -32001
        assert "time_s" in other.call("system.ping")
        assert client.receive()["result"]["template"] == "emt.relax"
        assert server.process.wait(20) == 0
        assert not is_locked(lock_path(path))


def test_a_second_signal_does_not_wait(path: Path) -> None:
    with running(path, "--render-s", "60") as server, server.client() as client:
        client.send("templates.render", template="relax", structures=[1])
        client.receive()
        server.process.terminate()
        wait_until(lambda: not path.exists())
        server.process.terminate()
        assert server.process.wait(5) == 0


def test_the_grace_of_a_stop_is_bounded(path: Path) -> None:
    environ = {"CRYSTALMATH_SHUTDOWN_GRACE_S": "0.3"}
    with running(path, "--render-s", "60", **environ) as server, server.client() as client:
        client.send("templates.render", template="relax", structures=[1])
        client.receive()
        start_s = time.monotonic()
        assert server.end() == 0
        assert time.monotonic() - start_s < 5


def test_shutdown_is_answered_and_then_done(path: Path) -> None:
    with running(path) as server, server.client() as client:
        assert client.call("system.shutdown") == {"in_flight": 0}
        assert server.process.wait(20) == 0
        assert not path.exists()


def test_a_start_during_the_end_waits_and_serves(path: Path) -> None:
    with running(path, "--render-s", "0.5") as first, first.client() as client:
        client.send("templates.render", template="relax", structures=[1])
        client.receive()
        first.process.terminate()
        wait_until(lambda: not path.exists())
        with running(path) as second:
            assert first.process.wait(5) == 0
            assert second.process.poll() is None


def test_idle_exit_waits_for_clients_and_work(path: Path) -> None:
    with running(path, CRYSTALMATH_IDLE_EXIT_S="0.3") as server:
        with server.client() as client:
            time.sleep(0.8)
            assert "time_s" in client.call("system.ping")
        assert server.process.wait(5) == 0
        assert not path.exists()


@pytest.fixture
def home(tmp_path: Path) -> Iterator[dict[str, str]]:
    """Folders of the test's own, for the real server."""
    names = ("AIIDA_PATH", "XDG_RUNTIME_DIR", "XDG_STATE_HOME", "XDG_CONFIG_HOME", "HOME")
    tmp_path.chmod(0o700)
    environ = {**dict.fromkeys(names, str(tmp_path)), "CRYSTALMATH_PROFILE": "p"}
    yield environ
    command("stop", **environ)


def test_commands_where_no_server_runs(home: dict[str, str]) -> None:
    assert command("status", **home).status == 3
    assert command("stop", **home).status == 3
    assert command("logs", **home).status == 1
    assert command("nonsense", **home).status == 2
    assert command("--help", **home).status == 0
    assert command("sockname", **home).out.strip().startswith(home["XDG_RUNTIME_DIR"])
    assert len(json.loads(command("openrpc", **home).out)["methods"]) > 20


def test_the_server_command_starts_shows_and_stops_a_server(home: dict[str, str]) -> None:
    started = command("start", **home)
    assert started.status == 0, started.err
    assert "serves profile p" in started.out
    again = command("start", **home)
    assert (again.status, again.out) == (0, started.out)
    assert command(**home).status == 0
    status = json.loads(command("status", "--json", **home).out)
    assert status["profile"] == "p"
    assert f"pid            {status['pid']}" in command("status", **home).out
    assert f"pid {status['pid']} serves profile p" in command("logs", "-n", "500", **home).out
    stopped = command("stop", **home)
    assert (stopped.status, f"pid {status['pid']}" in stopped.out) == (0, True)
    assert not Path(status["socket"]).exists()
    assert command("status", **home).status == 3


def test_stop_ends_a_server_that_hangs(home: dict[str, str]) -> None:
    command("start", **home)
    pid = json.loads(command("status", "--json", **home).out)["pid"]
    os.kill(pid, signal.SIGSTOP)
    stopped = command("stop", **home)
    assert (stopped.status, "SIGKILL" in stopped.out) == (0, True)


def test_the_reason_is_the_last_line_of_the_log(home: dict[str, str]) -> None:
    config = Path(home["XDG_CONFIG_HOME"]) / "crystalmath/config.toml"
    config.parent.mkdir(exist_ok=True)
    config.write_text("[server]\nidle_exit = 5\n")
    done = command("start", **home)
    assert done.status == 1
    assert "unknown setting 'server.idle_exit'" in done.err
    assert "unknown setting 'server.idle_exit'" in command("logs", **home).out.splitlines()[-1]
    config.unlink()


def test_a_log_that_cannot_be_written(home: dict[str, str]) -> None:
    state = Path(home["XDG_STATE_HOME"]) / "blocked"
    state.write_text("a file where a folder should be")
    done = command("start", **{**home, "XDG_STATE_HOME": str(state)})
    assert done.status == 1
    assert "cannot write the log" in done.err


def test_ctrl_c_in_the_foreground(home: dict[str, str]) -> None:
    process = subprocess.Popen(
        [*REAL, "--foreground"], env={**os.environ, **home}, stderr=subprocess.PIPE, stdout=subprocess.PIPE
    )
    try:
        wait_until(lambda: command("status", **home).status == 0)
        process.send_signal(signal.SIGINT)
        assert process.wait(20) == 0
    finally:
        process.kill()
        process.communicate()
