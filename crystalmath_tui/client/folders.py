"""Local paths: completion, expansion, and writing files."""

import os
from contextlib import suppress
from pathlib import Path

from crystalmath_tui.client import parts
from crystalmath_tui.core.effects import FindPath, KeepPart, ListFolder, LookAtPart, WriteFile
from crystalmath_tui.core.messages import Message

_MOST_NAMES = 1000


def folder_names(prefix: str) -> tuple[str, ...]:
    """Paths that begin with `prefix`, folders with a trailing /; hidden files only if `prefix` asks."""
    folder, _, start = prefix.rpartition("/")
    given = f"{folder}/" if "/" in prefix else ""
    place = os.path.expanduser(given or ".")  # noqa: PTH111  Path would normalize the typed text
    try:
        with os.scandir(place) as entries:
            names = sorted(
                given + entry.name + ("/" if entry.is_dir() else "")
                for entry in entries
                if entry.name.startswith(start) and (start.startswith(".") or not entry.name.startswith("."))
            )
    except (OSError, ValueError):
        return ()
    return tuple(names[:_MOST_NAMES])


def path_from_root(path: str) -> str:
    """The absolute path, with ~ expanded."""
    return os.path.abspath(os.path.expanduser(path))  # noqa: PTH100, PTH111  the path need not exist


def write(path: str, text: str, *, over: bool) -> str:
    """Write a whole file; an existing file is kept unless `over` is set, and always if writing fails."""
    place = Path(path_from_root(path))
    if place.is_dir():
        return "it is a folder"
    beside = place.with_name(f".{place.name}.{os.getpid()}")
    try:
        if place.exists() and not over:
            return "exists"
        beside.write_text(text, encoding="utf-8", errors="replace")
        beside.replace(place)
    except (OSError, ValueError) as error:
        with suppress(OSError, ValueError):
            beside.unlink()
        return getattr(error, "strerror", None) or str(error)
    return "written"


Local = ListFolder | FindPath | WriteFile | LookAtPart | KeepPart
"""Effects that read or write local folders."""


def look_up(effect: Local) -> Message:
    """Carry out a local effect and return its message."""
    match effect:
        case WriteFile():
            return effect.answer(write(effect.path, effect.text, over=effect.over))
        case ListFolder():
            return effect.answer(folder_names(effect.prefix))
        case FindPath():
            return effect.answer(path_from_root(effect.path))
        case LookAtPart():
            return effect.answer(parts.look(effect))
        case KeepPart():
            return effect.answer(parts.keep(effect))
