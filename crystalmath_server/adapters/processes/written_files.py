"""Files that a user asked for: written once and whole, never over another."""

import contextlib
import errno
import os
from pathlib import Path

from crystalmath_server.protocol.errors import Conflict, InvalidForm, RpcError, StorageFull


def new_file(path: str, data: bytes) -> int:
    """Write a file that is not there yet; its size [bytes].

    Raises
    ------
    Conflict
        There is something at `path` (field: path).
    InvalidForm
        It is not an absolute path, or cannot be written there (field: path).
    StorageFull
        The disk is full; nothing is left of the file.
    """
    target = checked(path)
    try:
        with target.open("xb") as file:
            file.write(data)
    except OSError as error:
        if not isinstance(error, FileExistsError):
            with contextlib.suppress(OSError):
                target.unlink()
        raise problem(path, error) from error
    return len(data)


def checked(path: str) -> Path:
    """A path where something new may be written; raises as `new_file`."""
    target = Path(path)
    if not target.is_absolute() or "\0" in path:
        raise InvalidForm(f"{path!r} is not an absolute path", field="path", hint="Begin with / or ~.")
    if os.path.lexists(target):
        raise problem(path, FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST)))
    if not target.parent.is_dir():
        raise problem(path, FileNotFoundError(errno.ENOENT, f"there is no folder {target.parent}"))
    return target


def problem(path: str, error: OSError) -> RpcError:
    """What kept a file from being written, for people."""
    if isinstance(error, FileExistsError):
        return Conflict(f"{path} exists already", field="path", hint="Name another, or remove it first.")
    if error.errno in {errno.ENOSPC, errno.EDQUOT}:
        return StorageFull(f"{path}: {error.strerror}", field="path")
    detail = f"{path} cannot be written: {error.strerror or error}"
    return InvalidForm(detail, field="path", hint="Name a place in a folder where you may write.")
