"""Partial downloads: inspect, append, and rename once complete."""

import os
from pathlib import Path

from crystalmath_tui.core.effects import KeepPart, LocalPart, LookAtPart

_COMPARED = 4096


def look(effect: LookAtPart) -> LocalPart:
    """How much of a file exists locally, complete or as a part, and its last bytes."""
    target = Path(effect.path)
    try:
        if target.is_dir():
            return LocalPart(problem="there is a folder of that name")
        whole = os.path.lexists(target)
        place = target if whole else part_of(target)
        if not whole and not place.exists():
            return LocalPart()
        with place.open("rb") as file:
            size = file.seek(0, os.SEEK_END)
            file.seek(max(0, size - _COMPARED))
            return LocalPart(size, file.read(), whole)
    except (OSError, ValueError) as error:
        return LocalPart(problem=_describe(error))


def keep(effect: KeepPart) -> str:
    """Write data at its offset and rename the complete file; return the reason for a failure, or ""."""
    target = Path(effect.path)
    part = part_of(target)
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        part.touch()
        with part.open("r+b") as file:
            file.truncate(effect.offset)
            file.seek(effect.offset)
            file.write(effect.data)
        if effect.last:
            _move_into_place(part, target, over=effect.over)
    except (OSError, ValueError) as error:
        return _describe(error)
    return ""


def part_of(target: Path) -> Path:
    """The path of a file until it is complete."""
    return target.with_name(f"{target.name}.part")


def _move_into_place(part: Path, target: Path, *, over: bool) -> None:
    """Give the file its final name; a hard link fails atomically if the name is taken."""
    if over:
        part.replace(target)
        return
    try:
        target.hardlink_to(part)
    except FileExistsError:
        raise
    except OSError:  # a file system without links
        if os.path.lexists(target):
            raise FileExistsError(0, "a file of that name exists by now") from None
        part.replace(target)
    else:
        part.unlink()


def _describe(error: OSError | ValueError) -> str:
    reason = getattr(error, "strerror", None) or str(error)
    place = getattr(error, "filename", None)
    return f"{place}: {reason}" if place else reason
