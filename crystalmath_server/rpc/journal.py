"""The server's log: rotating files for its user only, and reading their end; standard library only."""

import logging
import os
import time
from collections.abc import Iterator
from io import TextIOWrapper
from logging.handlers import RotatingFileHandler
from pathlib import Path

from crystalmath_server.protocol.errors import FileUnreadable

FORMAT = "%(asctime)s %(levelname)s %(name)s: %(message)s"
MAX_BYTES = 2_000_000
BACKUPS = 3
_POLL_S = 0.2
_TAIL_BYTES_A_LINE = 400


class _PrivateFileHandler(RotatingFileHandler):
    """Makes each new file readable by its user only."""

    def _open(self) -> TextIOWrapper:
        os.close(os.open(self.baseFilename, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600))
        return super()._open()


def open_log(path: Path, *, to_terminal: bool) -> logging.Logger:
    """Send all logging to `path`, and to the terminal where one looks on.

    Raises
    ------
    FileUnreadable
        The log cannot be written.
    """
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        to_file = _PrivateFileHandler(path, maxBytes=MAX_BYTES, backupCount=BACKUPS, encoding="utf-8")
    except OSError as error:
        hint = "Mend its permissions, or set XDG_STATE_HOME to a directory that you can write."
        raise FileUnreadable(f"cannot write the log {path}: {error.strerror}", hint=hint) from error
    handlers: list[logging.Handler] = [to_file]
    if to_terminal:
        handlers.append(logging.StreamHandler())
    logging.basicConfig(level=logging.INFO, format=FORMAT, handlers=handlers, force=True)
    logging.captureWarnings(capture=True)
    logging.getLogger("alembic").setLevel(logging.WARNING)  # tells each of its plugins
    return logging.getLogger("crystalmath_server")


def tail(path: Path, lines: int) -> list[str]:
    """The last lines of the log.

    Raises
    ------
    FileUnreadable
        There is no log, or it cannot be read.
    """
    if lines <= 0:
        return []
    try:
        with path.open("rb") as log:
            log.seek(max(0, path.stat().st_size - lines * _TAIL_BYTES_A_LINE))
            return log.read().decode(errors="replace").splitlines()[-lines:]
    except OSError as error:
        detail = f"cannot read the log {path}: {error.strerror}"
        raise FileUnreadable(detail, hint="The server writes it when it starts.") from error


def follow(path: Path) -> Iterator[str]:
    """What is written to the log from now on; goes on in the new file after a rotation. Never ends."""
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
