"""Connect to the server, or start it and retry until a deadline.

Several clients may spawn servers at once: one server takes the lock and the others exit with status 0.
"""

import errno
import os
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, TYPE_CHECKING

from crystalmath_server.protocol import endpoint
from crystalmath_server.protocol.errors import NotAllowed, ServerStartFailed
from crystalmath_tui.client.transport import Link, open_link

if TYPE_CHECKING:
    import subprocess

RETRY_S = 0.02
"""Time between attempts while a server starts [s]."""
START_S = 20.0
"""Time a server may take to open its socket [s]."""

_RESPAWN_S = 1.0
_TAIL_LINES = 12
_NOBODY = (errno.ENOENT, errno.ECONNREFUSED, errno.EAGAIN)


@dataclass(frozen=True, slots=True)
class Where:
    """The address of a server: its profile and socket.

    Attributes
    ----------
    spawn
        Whether to start the server if it is not running.
    """

    profile: str
    socket: Path
    environ: Mapping[str, str] = field(default_factory=lambda: os.environ, repr=False)
    spawn: bool = True


def locate(
    profile: str | None = None, socket: str | os.PathLike[str] | None = None, *, spawn: bool = True
) -> Where:
    """The server of a profile and a socket; both default to the values that the server itself uses."""
    name = endpoint.profile_name(profile, os.environ)
    path = Path(socket).absolute() if socket else endpoint.socket_path(name, os.environ)
    return Where(name, path, os.environ, spawn)


def try_connect(socket: Path) -> Link | None:
    """A link to the server, or None if nothing listens.

    Raises
    ------
    NotAllowed
        Another user's process listens there, or the path cannot be our socket.
    """
    try:
        return open_link(socket)
    except OSError as error:
        if error.errno in _NOBODY:
            return None
        raise NotAllowed(
            f"cannot connect to {socket}: {error.strerror or error}",
            field="socket",
            hint="Choose another socket with --socket, or unset CRYSTALMATH_SOCKET.",
        ) from error


class Starter:
    """Connect without blocking: call `poll` every RETRY_S until it returns a link.

    Attributes
    ----------
    words
        The current step, for the screen.
    """

    def __init__(self, where: Where, start_s: float = START_S) -> None:
        self.words = "connecting to the server"
        self._where = where
        self._start_s = start_s
        self._deadline: float | None = None
        self._server: _Spawned | None = None

    def poll(self, now: float) -> Link | None:
        """Take one step; return the link once connected.

        Parameters
        ----------
        now
            A monotonic time [s].

        Raises
        ------
        DaemonStartFailed
            The server exited during startup, or took too long.
        """
        link = try_connect(self._where.socket)
        if link is None:
            self._advance(now)
        return link

    def _advance(self, now: float) -> None:
        if not self._where.spawn:
            raise ServerStartFailed(
                f"no server listens at {self._where.socket}", hint="Start it with: crystalmath server start"
            )
        if self._deadline is None:
            self._deadline = now + self._start_s
        if self._server is None:
            self._server = _spawn(self._where, now)
            self.words = f"starting the server of profile {self._where.profile}"
        elif self._server.status:
            what = f"it ended with exit status {self._server.status}"
            raise start_failure(self._where, what, self._server.words)
        elif now > self._deadline:
            raise start_failure(self._where, f"it opened no socket within {self._start_s:g} s")
        elif self._server.status == 0 and now > self._server.since + _RESPAWN_S:
            # Another server held the lock but does not listen, so it is about to exit: spawn again.
            self._server = _spawn(self._where, now)


def start_failure(where: Where, what: str, output: str = "") -> ServerStartFailed:
    """Why a server did not start, with its last output, or the end of its log if it printed nothing."""
    words = output or _tail(endpoint.log_path(where.profile, where.environ))
    if "crystalmath[server]" in words:
        return ServerStartFailed(
            words.splitlines()[0], hint="Install the server: pip install 'crystalmath[server]'"
        )
    return ServerStartFailed(f"{what}; its last words:\n{words}" if words else what)


def connect_or_spawn(
    where: Where, start_s: float = START_S, on_words: Callable[[str], None] | None = None
) -> Link:
    """Connect, starting the server if it is not running; blocks until the server listens.

    Raises
    ------
    DaemonStartFailed
        With the server's last output.
    """
    starter, told = Starter(where, start_s), ""
    while (link := starter.poll(time.monotonic())) is None:
        if on_words and starter.words != told:
            told = starter.words
            on_words(told)
        time.sleep(RETRY_S)
    return link


@dataclass(slots=True)
class _Spawned:
    """A server that was started.

    Attributes
    ----------
    status
        Its exit status, or None while it runs; 0 once the process that it forked listens.
    words
        Its stderr output, once it has exited.
    """

    since: float
    status: int | None = None
    words: str = ""


def _spawn(where: Where, now: float) -> _Spawned:
    """Start a server that outlives this process; a thread reaps it, so that no zombie remains."""
    import subprocess  # rarely needed: usually the server is already running
    import sys
    import tempfile
    import threading

    # -P: the server must not import modules from the user's current folder
    command = [sys.executable, "-P", "-m", "crystalmath_server", "--profile", where.profile]
    try:
        errors = tempfile.TemporaryFile()  # noqa: SIM115  _reap closes it; a pipe would break when this process exits
        process = subprocess.Popen(  # noqa: S603  our own interpreter and module
            [*command, "--socket", os.fspath(where.socket)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=errors,
            start_new_session=True,
            env=_environ(where),
            cwd="/",
        )
    except OSError as error:
        raise ServerStartFailed(f"cannot start {sys.executable}: {error}") from error
    spawned = _Spawned(now)
    threading.Thread(target=_reap, args=(spawned, process, errors), name="reaper", daemon=True).start()
    return spawned


def _reap(spawned: _Spawned, process: "subprocess.Popen[bytes]", errors: IO[bytes]) -> None:
    status = process.wait()
    with errors:
        errors.seek(0)
        spawned.words = _last_lines(errors.read())
    spawned.status = status  # set last: words must be complete once a status is visible


def _environ(where: Where) -> dict[str, str]:
    """The environment of the server, with relative paths resolved: the server runs in another folder."""
    environ = dict(where.environ)
    if environ.get("AIIDA_PATH"):
        environ["AIIDA_PATH"] = str(endpoint.aiida_dir(environ).resolve())
    return environ


def _tail(path: Path) -> str:
    try:
        with path.open("rb") as log:
            log.seek(max(0, path.stat().st_size - 8192))
            return _last_lines(log.read())
    except OSError:
        return ""


def _last_lines(data: bytes) -> str:
    return "\n".join(data.decode(errors="replace").strip().splitlines()[-_TAIL_LINES:])
