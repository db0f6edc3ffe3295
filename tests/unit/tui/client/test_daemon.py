"""Connect, else spawn: with small programs in the place of the server."""

import os
import socket
import stat
import sys
import time
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from crystalmath_server.protocol import endpoint
from crystalmath_server.protocol.errors import NotAllowed, ServerStartFailed
from crystalmath_tui.client.daemon import Starter, Where, connect_or_spawn, try_connect

LISTEN = """
import os, socket, sys, time
path = sys.argv[sys.argv.index("--socket") + 1]
time.sleep(0.1)
s = socket.socket(socket.AF_UNIX); s.bind(path); s.listen()
if os.fork(): os._exit(0)
s.accept(); time.sleep(0.2)
"""

Pretend = Callable[[str], None]


@pytest.fixture
def where(tmp_path: Path) -> Where:
    environ = {"PATH": os.environ["PATH"], "XDG_STATE_HOME": str(tmp_path), "AIIDA_PATH": "relative"}
    return Where("main", tmp_path / "s.sock", environ)


@pytest.fixture
def pretend(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Pretend:
    """Let a Python program be what is spawned as the server."""

    def install(program: str) -> None:
        (tmp_path / "program.py").write_text(program)
        script = tmp_path / "python"
        script.write_text(f'#!/bin/sh\nexec {sys.executable} {tmp_path}/program.py "$@"\n')
        script.chmod(0o700)
        monkeypatch.setattr(sys, "executable", str(script))

    return install


def _children() -> set[int]:
    return {child.pid for child in psutil.Process().children()}


def test_a_server_that_listens_is_not_started_again(where: Where, pretend: Pretend) -> None:
    pretend("raise SystemExit(9)")
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(where.socket))
        listener.listen()
        connect_or_spawn(where).close()


def test_a_server_is_started_told_of_and_leaves_no_zombie(where: Where, pretend: Pretend) -> None:
    pretend(LISTEN)
    before, told = _children(), list[str]()
    connect_or_spawn(where, on_words=told.append).close()
    assert told == ["starting the server of profile main"]
    deadline = time.monotonic() + 5
    while _children() - before and time.monotonic() < deadline:
        time.sleep(0.02)
    assert not _children() - before


def test_the_starter_never_blocks(where: Where, pretend: Pretend) -> None:
    pretend(LISTEN)
    starter = Starter(where)
    began = time.monotonic()
    assert starter.poll(began) is None
    assert time.monotonic() - began < 0.5
    while (link := starter.poll(time.monotonic())) is None:
        time.sleep(0.02)
    link.close()


def test_a_server_that_fails_is_heard(where: Where, pretend: Pretend) -> None:
    pretend("import sys\nprint('the disk is full', file=sys.stderr)\nsys.exit(7)")
    with pytest.raises(ServerStartFailed, match="exit status 7") as caught:
        connect_or_spawn(where)
    assert "the disk is full" in str(caught.value)


def test_a_silent_failure_shows_the_end_of_the_log(where: Where, pretend: Pretend) -> None:
    pretend("raise SystemExit(3)")
    log = endpoint.log_path("main", where.environ)
    log.parent.mkdir()
    log.write_text("".join(f"line {number}\n" for number in range(50)))
    with pytest.raises(ServerStartFailed) as caught:
        connect_or_spawn(where)
    assert "line 49" in str(caught.value)
    assert "line 20\n" not in str(caught.value)


def test_missing_packages_name_the_extra(where: Where, pretend: Pretend) -> None:
    pretend("import sys\nsys.exit('not installed: anyio\\n  pip install crystalmath[server]')")
    with pytest.raises(ServerStartFailed) as caught:
        connect_or_spawn(where)
    assert "pip install 'crystalmath[server]'" in caught.value.data.hint


def test_a_server_that_never_listens_ends_at_the_deadline(where: Where, pretend: Pretend) -> None:
    pretend("import time\ntime.sleep(0.5)")
    with pytest.raises(ServerStartFailed, match=r"no socket within 0\.2 s"):
        connect_or_spawn(where, start_s=0.2)


def test_a_loser_of_the_lock_is_followed_by_another(where: Where, pretend: Pretend) -> None:
    """The first finds an ending server that holds the lock; the second finds it free."""
    once = f"import pathlib, sys\nmark = pathlib.Path({str(where.socket.parent / 'mark')!r})\n"
    pretend(once + "if not mark.exists(): mark.touch(); sys.exit(0)\n" + LISTEN)
    connect_or_spawn(where).close()


def test_without_leave_nothing_is_started(where: Where, pretend: Pretend) -> None:
    pretend(LISTEN)
    with pytest.raises(ServerStartFailed, match="no server listens"):
        connect_or_spawn(Where(where.profile, where.socket, where.environ, spawn=False))
    assert not where.socket.exists()


def test_the_server_gets_an_absolute_aiida_path(where: Where, pretend: Pretend, tmp_path: Path) -> None:
    seen = tmp_path / "seen"
    pretend(f"import os\nopen({str(seen)!r}, 'w').write(os.environ['AIIDA_PATH'])\nraise SystemExit(1)")
    with pytest.raises(ServerStartFailed):
        connect_or_spawn(where)
    assert seen.read_text() == str(Path("relative/.aiida").resolve())


def test_a_dead_socket_is_nobody(tmp_path: Path) -> None:
    path = tmp_path / "dead.sock"
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(path))
    assert stat.S_ISSOCK(path.stat().st_mode)
    assert try_connect(path) is None


@pytest.mark.parametrize("name", ["x" * 200, "file/below"])
def test_an_impossible_socket_is_refused_with_the_way_out(tmp_path: Path, name: str) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(NotAllowed) as caught:
        try_connect(tmp_path / name)
    assert "--socket" in caught.value.data.hint
