"""Files that come in parts: looked at, written behind what is there, named when they are whole."""

import os
from pathlib import Path

from crystalmath_tui.core.effects import KeepPart, LocalPart, LookAtPart

_COMPARED = 4096


def look(effect: LookAtPart) -> LocalPart:
    """How much of a file is here: whole, or in its part; and its last bytes."""
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
        return LocalPart(problem=_words(error))


def keep(effect: KeepPart) -> str:
    """Write a part behind its offset; with the last one the file gets its name. Why not, or ""."""
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
            _named(part, target, over=effect.over)
    except (OSError, ValueError) as error:
        return _words(error)
    return ""


def part_of(target: Path) -> Path:
    """Where a file is until it is whole."""
    return target.with_name(f"{target.name}.part")


def _named(part: Path, target: Path, *, over: bool) -> None:
    """Give the file its name; a link fails where there is another, without a moment between look and move."""
    if over:
        part.replace(target)
        return
    try:
        target.hardlink_to(part)
    except FileExistsError:
        raise
    except OSError:  # a file system without links
        if os.path.lexists(target):
            raise FileExistsError(0, "a file of that name is here by now") from None
        part.replace(target)
    else:
        part.unlink()


def _words(error: OSError | ValueError) -> str:
    reason = getattr(error, "strerror", None) or str(error)
    place = getattr(error, "filename", None)
    return f"{place}: {reason}" if place else reason
