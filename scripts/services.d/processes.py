"""Local daemons and ports: start, find, wait, and stop by pid."""

import contextlib
import os
import random
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

MARK = "CRYSTALMATH_SERVICE"
"""Environment variable of every daemon, set to its folder: a pid file may name an unrelated process."""

SYSTEM_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
TERM_S = 8.0
KILL_S = 5.0
# Below the kernel's range for outgoing connections, so that the port of a stopped service stays free.
LOWEST_PORT, HIGHEST_PORT = 20_000, 32_000


@dataclass(frozen=True, slots=True)
class Daemon:
    """A daemon that writes its pid into a file."""

    name: str
    pid_file: Path
    folder: Path

    @property
    def pid(self) -> int | None:
        """Its pid, if the process of the file is alive and ours."""
        pid = read_pid(self.pid_file)
        return pid if pid and is_ours(pid, self.folder) else None


def which(program: str) -> str | None:
    """Path of a program, the system's first: PATH may contain our wrappers of the same name."""
    return shutil.which(program, path=f"{SYSTEM_PATH}:{os.environ.get('PATH', '')}")


def not_installed(programs: Iterable[str]) -> tuple[str, ...]:
    """The programs that are not installed."""
    return tuple(program for program in programs if which(program) is None)


def read_pid(path: Path) -> int | None:
    """First line of a pid file as a number, or None."""
    try:
        return int(path.read_text(encoding="utf-8").split()[0])
    except (OSError, ValueError, IndexError):
        return None


def _proc(pid: int, name: str) -> bytes:
    try:
        return Path(f"/proc/{pid}/{name}").read_bytes()
    except OSError:
        return b""


def is_ours(pid: int, folder: Path) -> bool:
    """Whether the process was started for this folder; false for zombies and unrelated processes."""
    own = str(folder).encode()
    return f"{MARK}={folder}".encode() in _proc(pid, "environ").split(b"\0") or own in _proc(pid, "cmdline")


def _pids() -> list[int]:
    return [int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdigit()]


def marked(folder: Path) -> set[int]:
    """Pids of all processes that carry the mark of this folder."""
    mark = f"{MARK}={folder}".encode()
    return {pid for pid in _pids() if mark in _proc(pid, "environ").split(b"\0")}


def _parent(pid: int) -> int:
    # The name in parentheses may contain blanks.
    return int(_proc(pid, "stat").rpartition(b")")[2].split()[1] or 0) if _proc(pid, "stat") else 0


def descendants(pids: Iterable[int]) -> set[int]:
    """All child processes, recursively."""
    children: dict[int, list[int]] = {}
    for pid in _pids():
        with contextlib.suppress(IndexError):
            children.setdefault(_parent(pid), []).append(pid)
    found: set[int] = set()
    todo = list(pids)
    while todo:
        new = [child for child in children.get(todo.pop(), []) if child not in found]
        found.update(new)
        todo.extend(new)
    return found


def is_alive(pid: int) -> bool:
    """Whether the process runs; a zombie does not."""
    return _proc(pid, "cmdline") != b""


def end(pids: Iterable[int]) -> None:
    """End processes by pid: TERM, then KILL."""
    left = {pid for pid in pids if is_alive(pid)}
    for number, seconds in ((signal.SIGTERM, TERM_S), (signal.SIGKILL, KILL_S)):
        for pid in left:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, number)
        left = _wait_for_end(left, seconds)


def _wait_for_end(pids: set[int], seconds: float) -> set[int]:
    """Wait for processes to end, and return those still alive."""
    wait_until(lambda: not any(map(is_alive, pids)), seconds)
    return {pid for pid in pids if is_alive(pid)}


def stop(daemon: Daemon) -> None:
    """Stop one daemon and remove its pid file."""
    if daemon.pid is not None:
        end([daemon.pid])
    daemon.pid_file.unlink(missing_ok=True)


def wait_until(holds: Callable[[], object], seconds: float) -> bool:
    """Check a condition every 20 ms; return whether it held in time."""
    deadline = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


def environment(folder: Path, more: Mapping[str, str] | None = None) -> dict[str, str]:
    """A minimal environment that does not depend on the caller."""
    return {"PATH": SYSTEM_PATH, "LANG": "C.UTF-8", MARK: str(folder), **(more or {})}


def run(
    command: Sequence[str], env: Mapping[str, str], timeout_s: float = 60, user: str | None = None
) -> subprocess.CompletedProcess[str]:
    """Run a command and capture its output in `stdout`; a timeout ends it with status 124."""
    try:
        return _run(command, env, timeout_s, user)
    except subprocess.TimeoutExpired:
        return subprocess.CompletedProcess(command, 124, f"no end after {timeout_s:g} s")


def _run(
    command: Sequence[str], env: Mapping[str, str], timeout_s: float, user: str | None
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(  # noqa: S603 - fixed programs, no shell
        command,
        env=dict(env),
        user=user,
        group=user,
        extra_groups=[] if user else None,
        cwd="/",
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=timeout_s,
        check=False,
    )


def start(command: Sequence[str], env: Mapping[str, str], log: Path) -> int:
    """Start a foreground program in its own session and return its pid."""
    with log.open("ab") as said:
        process = subprocess.Popen(  # noqa: S603 - fixed programs, no shell
            command,
            env=dict(env),
            cwd="/",
            stdin=subprocess.DEVNULL,
            stdout=said,
            stderr=said,
            start_new_session=True,
        )
    return process.pid


def is_free(port: int) -> bool:
    """Whether nothing listens on this loopback port."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def listens(port: int) -> bool:
    """Whether something accepts connections on this loopback port."""
    try:
        socket.create_connection(("127.0.0.1", port), 1).close()
    except OSError:
        return False
    return True


def free_ports(number: int) -> list[int]:
    """The given number of distinct free ports."""
    found: set[int] = set()
    while len(found) < number:
        port = random.randint(LOWEST_PORT, HIGHEST_PORT)  # noqa: S311 - no secret
        if is_free(port):
            found.add(port)
    return sorted(found)
