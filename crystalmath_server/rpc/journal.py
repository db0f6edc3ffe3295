"""The server's log: rotating files readable only by the user; standard library only."""

import logging
from io import TextIOWrapper
from logging.handlers import RotatingFileHandler
from pathlib import Path

from crystalmath_server.rpc import logfile

FORMAT = "%(asctime)s %(levelname)s %(name)s: %(message)s"
MAX_BYTES = 2_000_000
BACKUPS = 3
_TALKATIVE = ("alembic", "asyncssh")
"""Loggers whose INFO messages would drown out ours."""


class _PrivateFileHandler(RotatingFileHandler):
    """Creates each new file readable only by the user."""

    def _open(self) -> TextIOWrapper:
        logfile.make_private(self.baseFilename)
        return super()._open()


def open_log(path: Path, *, to_terminal: bool) -> logging.Logger:
    """Send all logging to `path`, and to the terminal if `to_terminal`.

    Raises
    ------
    FileUnreadable
        The log cannot be written.
    """
    logfile.prepare(path)
    to_file = _PrivateFileHandler(path, maxBytes=MAX_BYTES, backupCount=BACKUPS, encoding="utf-8")
    handlers: list[logging.Handler] = [to_file]
    if to_terminal:
        handlers.append(logging.StreamHandler())
    logging.basicConfig(level=logging.INFO, format=FORMAT, handlers=handlers, force=True)
    logging.captureWarnings(capture=True)
    for name in _TALKATIVE:
        logging.getLogger(name).setLevel(logging.WARNING)
    return logging.getLogger("crystalmath_server")
