"""Claim on a socket: a lock held for the server's lifetime, then the socket; taken before heavy imports."""

import errno
import fcntl
import os
import socket
import stat
import time
from dataclasses import dataclass
from pathlib import Path

from crystalmath_server.protocol.endpoint import LONGEST_SOCKET, lock_path, prepare_runtime_dir
from crystalmath_server.protocol.errors import Conflict, NotAllowed

BACKLOG = 512
PATIENCE_S = 30.0
"""How long to wait for a server that holds the lock but does not respond, because it starts or stops."""
_POLL_S = 0.02


@dataclass(frozen=True, slots=True)
class Claim:
    """A bound socket and its lock; the kernel releases the lock when the process exits."""

    path: Path
    listener: socket.socket
    lock_fd: int

    def announce(self) -> None:
        """Listen again, because the kernel reports the pid of the last caller of listen to clients."""
        self.listener.listen(BACKLOG)

    def unbind(self) -> None:
        """Stop listening and remove the socket; keep the lock so that no other server starts."""
        if self.listener.fileno() >= 0:
            self.listener.close()
            self.path.unlink(missing_ok=True)

    def release(self) -> None:
        """Release the socket and the lock."""
        self.unbind()
        os.close(self.lock_fd)


def claim(path: Path, patience_s: float = PATIENCE_S) -> Claim | None:
    """Lock and bind `path`; None if a running server holds it.

    Raises
    ------
    NotAllowed
        The directory, or the file at `path`, must not be used.
    Conflict
        A server holds the lock but does not respond.
    """
    if len(os.fsencode(path)) > LONGEST_SOCKET:
        raise NotAllowed(f"the socket path is longer than {LONGEST_SOCKET} bytes: {path}", field="socket")
    prepare_runtime_dir(path.parent)
    lock_fd = _lock(path, patience_s)
    if lock_fd is None:
        return None
    try:
        _clear(path)
        return Claim(path, _bind(path), lock_fd)
    except BaseException:
        os.close(lock_fd)
        raise


def is_answered(path: Path) -> bool:
    """Whether a process listens at `path`."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        try:
            probe.connect(os.fspath(path))
        except OSError as error:
            return error.errno == errno.EAGAIN  # the queue is full, so the server is alive
    return True


def is_locked(lock: Path) -> bool:
    """Whether a server is alive, judged by its lock."""
    try:
        fd = os.open(lock, os.O_RDWR | os.O_CLOEXEC | os.O_NOFOLLOW)
    except FileNotFoundError:
        return False
    try:
        return not _try_lock(fd)
    finally:
        os.close(fd)


def _lock(path: Path, patience_s: float) -> int | None:
    """File descriptor of the locked file, or None if a running server holds the lock."""
    deadline_s = time.monotonic() + patience_s
    fd = _open_lock(lock_path(path))
    while not _try_lock(fd):
        if is_answered(path):
            os.close(fd)
            return None
        if time.monotonic() > deadline_s:
            os.close(fd)
            detail = f"another server holds {lock_path(path)} but does not answer at {path}"
            raise Conflict(detail, field="socket", hint="Stop it: crystalmath-server stop")
        time.sleep(_POLL_S)
    return fd


def _open_lock(path: Path) -> int:
    try:
        return os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
    except OSError as error:
        raise NotAllowed(f"cannot open the lock {path}: {error.strerror}", field="socket") from error


def _try_lock(fd: int) -> bool:
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _clear(path: Path) -> None:
    """Remove a dead server's socket; holding the lock proves that the server is not running."""
    try:
        found = path.lstat()
    except FileNotFoundError:
        return
    hint = "Move it away, or give another --socket PATH."
    if not stat.S_ISSOCK(found.st_mode):
        raise NotAllowed(f"{path} exists and is not a socket", field="socket", hint=hint)
    if found.st_uid != os.geteuid():
        raise NotAllowed(f"{path} belongs to user {found.st_uid}, not to you", field="socket", hint=hint)
    if is_answered(path):
        raise NotAllowed(f"another program listens at {path}", field="socket", hint=hint)
    path.unlink()


def _bind(path: Path) -> socket.socket:
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    before = os.umask(0o177)  # the socket must never be accessible to others, not even between bind and chmod
    try:
        listener.bind(os.fspath(path))
        listener.listen(BACKLOG)
    except OSError as error:
        listener.close()
        raise NotAllowed(f"cannot listen at {path}: {error.strerror}", field="socket") from error
    finally:
        os.umask(before)
    listener.setblocking(False)
    return listener
