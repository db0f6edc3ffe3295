"""Files written for a user: complete, and never over an existing file."""

import contextlib
import errno
import os
from pathlib import Path

from crystalmath_server.protocol.errors import Conflict, InvalidForm, RpcError, StorageFull


def new_file(path: str, data: bytes) -> int:
    """Write a new file; returns its size [bytes].

    Raises
    ------
    Conflict
        Something already exists at `path` (field: path).
    InvalidForm
        The path is not absolute or not writable (field: path).
    StorageFull
        The disk is full; nothing is left of the file.
    """
    target = check_new_path(path)
    try:
        with target.open("xb") as file:
            file.write(data)
    except OSError as error:
        if not isinstance(error, FileExistsError):
            with contextlib.suppress(OSError):
                target.unlink()
        raise problem(path, error) from error
    return len(data)


def check_new_path(path: str) -> Path:
    """A path where a new file may be written; raises the same errors as `new_file`."""
    target = Path(path)
    if not target.is_absolute() or "\0" in path:
        raise InvalidForm(f"{path!r} is not an absolute path", field="path", hint="Start it with / or ~.")
    if os.path.lexists(target):
        raise problem(path, FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST)))
    if not target.parent.is_dir():
        raise problem(path, FileNotFoundError(errno.ENOENT, f"there is no folder {target.parent}"))
    return target


def problem(path: str, error: OSError) -> RpcError:
    """The RPC error for a file that cannot be written."""
    if isinstance(error, FileExistsError):
        return Conflict(
            f"{path} already exists", field="path", hint="Choose another path or remove it first."
        )
    if error.errno in {errno.ENOSPC, errno.EDQUOT}:
        return StorageFull(f"{path}: {error.strerror}", field="path")
    detail = f"{path} cannot be written: {error.strerror or error}"
    return InvalidForm(detail, field="path", hint="Choose a path in a folder where you can write.")
