"""Stop a server: ask it, wait for its lock, signal it if it does not respond; standard library only."""

import os
import signal
import socket
import time
from pathlib import Path

from crystalmath_server.protocol.endpoint import lock_path
from crystalmath_server.protocol.errors import Conflict, RpcError
from crystalmath_server.rpc.claim import is_locked
from crystalmath_server.rpc.peer import peer_pid
from crystalmath_server.rpc.probe import call

GRACE_S = 30.0
"""How long a server may take to finish requests in flight [s]."""
HANG_S = 5.0
"""How long an unresponsive server may take to react to SIGTERM [s]."""
_POLL_S = 0.02


def stop(path: Path) -> str:
    """Stop the server at `path`; returns a description of what was stopped, empty if none was running.

    Raises
    ------
    Conflict
        The server does not stop.
    """
    if not is_locked(lock_path(path)):
        return ""
    pid = _pid(path)
    try:
        in_flight = call(path, "system.shutdown", HANG_S)["in_flight"]
    except RpcError:
        return _kill(path, pid)
    if not _ends(path, GRACE_S):
        return _kill(path, pid)
    return f"stopped the server with pid {pid}; {in_flight} requests were in flight"


def _kill(path: Path, pid: int) -> str:
    """Kill a server that does not respond or does not stop when asked."""
    for number in (signal.SIGTERM, signal.SIGKILL):
        if _ends(path, 0.0):
            return f"the server with pid {pid} ended"
        if pid:
            os.kill(pid, number)
        if _ends(path, HANG_S):
            return f"ended the server with pid {pid} by {number.name}: it did not answer"
    detail = f"a server holds {lock_path(path)} and does not stop"
    raise Conflict(detail, hint=f"Find it with: fuser {lock_path(path)}")


def _ends(path: Path, patience_s: float) -> bool:
    deadline_s = time.monotonic() + patience_s
    while is_locked(lock_path(path)):
        if time.monotonic() >= deadline_s:
            return False
        time.sleep(_POLL_S)
    return True


def _pid(path: Path) -> int:
    """Pid of the process that listens at `path`; 0 if none does."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as sock:
        try:
            sock.settimeout(HANG_S)
            sock.connect(os.fspath(path))
            return peer_pid(sock)
        except OSError:
            return 0
