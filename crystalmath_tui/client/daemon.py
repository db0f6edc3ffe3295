"""Connect, else start the server and retry until a deadline.

One spawn at a time is not needed: of many servers that start at once, one takes the lock and the others end
with exit status 0.
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
"""How often to try while a server starts [s]."""
START_S = 20.0
"""How long a server may take to open its socket [s]."""

_RESPAWN_S = 1.0
_TAIL_LINES = 12
_NOBODY = (errno.ENOENT, errno.ECONNREFUSED, errno.EAGAIN)


@dataclass(frozen=True, slots=True)
class Where:
    """Which server: its profile and socket.

    Attributes
    ----------
    spawn
        Whether to start it when it does not run.
    """

    profile: str
    socket: Path
    environ: Mapping[str, str] = field(default_factory=lambda: os.environ, repr=False)
    spawn: bool = True


def locate(
    profile: str | None = None, socket: str | os.PathLike[str] | None = None, *, spawn: bool = True
) -> Where:
    """The server of a profile and a socket, each found as the server finds it where not given."""
    name = endpoint.profile_name(profile, os.environ)
    path = Path(socket).absolute() if socket else endpoint.socket_path(name, os.environ)
    return Where(name, path, os.environ, spawn)


def try_connect(socket: Path) -> Link | None:
    """A link to the server, or None where nobody listens.

    Raises
    ------
    NotAllowed
        Another user listens there, or the path cannot be a socket of ours.
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
    """Connect without blocking: call `poll` every RETRY_S until it answers a link.

    Attributes
    ----------
    words
        What it does now, for the screen.
    """

    def __init__(self, where: Where, start_s: float = START_S) -> None:
        self.words = "connecting to the server"
        self._where = where
        self._start_s = start_s
        self._deadline: float | None = None
        self._server: _Spawned | None = None

    def poll(self, now: float) -> Link | None:
        """One step.

        Parameters
        ----------
        now
            A monotonic time [s].

        Raises
        ------
        DaemonStartFailed
            The server ended while it started, or took too long.
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
            # It lost to a server that holds the lock but does not listen: one that is about to end.
            self._server = _spawn(self._where, now)


def start_failure(where: Where, what: str, said: str = "") -> ServerStartFailed:
    """Why a server did not start: what was seen, and its last words, from its log where it said none."""
    words = said or _tail(endpoint.log_path(where.profile, where.environ))
    if "crystalmath[server]" in words:
        return ServerStartFailed(
            words.splitlines()[0], hint="Install them: pip install 'crystalmath[server]'"
        )
    return ServerStartFailed(f"{what}; its last words:\n{words}" if words else what)


def connect_or_spawn(
    where: Where, start_s: float = START_S, on_words: Callable[[str], None] | None = None
) -> Link:
    """Connect, and start the server first where none runs; blocks until it listens.

    Raises
    ------
    DaemonStartFailed
        With the server's last words.
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
        Its exit status, or None while it runs; it ends with 0 once another process of its own listens.
    words
        What it said on stderr, once it has ended.
    """

    since: float
    status: int | None = None
    words: str = ""


def _spawn(where: Where, now: float) -> _Spawned:
    """Start a server that outlives us; a thread waits for its end, so that no zombie stays."""
    import subprocess  # most starts find a server that runs
    import sys
    import tempfile
    import threading

    # -P: the folder that the user stands in must not lend modules to the server
    command = [sys.executable, "-P", "-m", "crystalmath_server", "--profile", where.profile]
    try:
        errors = tempfile.TemporaryFile()  # noqa: SIM115  _reap closes it; a pipe would break when we end
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
    spawned.status = status  # last: whoever sees it may read the words


def _environ(where: Where) -> dict[str, str]:
    """The environment of the server, which does not stand in our folder: no relative path may stay."""
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
