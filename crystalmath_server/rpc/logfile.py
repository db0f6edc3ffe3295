"""The log file: creation with private permissions, reading its end, and following it."""

import os
import time
from collections.abc import Iterator
from pathlib import Path

from crystalmath_server.protocol.errors import FileUnreadable

_POLL_S = 0.2
_TAIL_BYTES_A_LINE = 400


def prepare(path: Path) -> None:
    """Create the log, readable only by the user, if it does not exist.

    Raises
    ------
    FileUnreadable
        The log cannot be written.
    """
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        make_private(path)
    except OSError as error:
        hint = "Fix its permissions, or set XDG_STATE_HOME to a directory that you can write."
        raise FileUnreadable(f"cannot write the log {path}: {error.strerror}", hint=hint) from error


def make_private(path: str | os.PathLike[str]) -> None:
    """Create an empty file that others cannot read; an existing file stays unchanged."""
    os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600))


def tail(path: Path, lines: int) -> list[str]:
    """The last lines of the log.

    Raises
    ------
    FileUnreadable
        The log does not exist or cannot be read.
    """
    if lines <= 0:
        return []
    try:
        with path.open("rb") as log:
            log.seek(max(0, path.stat().st_size - lines * _TAIL_BYTES_A_LINE))
            return log.read().decode(errors="replace").splitlines()[-lines:]
    except OSError as error:
        detail = f"cannot read the log {path}: {error.strerror}"
        raise FileUnreadable(detail, hint="The server creates the log when it starts.") from error


def follow(path: Path) -> Iterator[str]:
    """Text appended to the log from now on, across rotations. Never ends."""
    position = path.stat().st_size
    while True:
        time.sleep(_POLL_S)
        if not path.exists():
            continue
        if path.stat().st_size < position:
            position = 0
        with path.open("rb") as log:
            log.seek(position)
            added = log.read()
            position = log.tell()
        if added:
            yield added.decode(errors="replace")
