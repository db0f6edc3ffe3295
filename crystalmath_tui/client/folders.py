"""Paths of this machine: completed while they are typed, then made whole."""

import os

from crystalmath_tui.core.effects import FindPath, ListFolder
from crystalmath_tui.core.messages import Message

_MOST_NAMES = 1000


def folder_names(prefix: str) -> tuple[str, ...]:
    """Paths that begin with `prefix`, folders with a / at the end; hidden ones only when asked for."""
    folder, _, start = prefix.rpartition("/")
    given = f"{folder}/" if "/" in prefix else ""
    place = os.path.expanduser(given or ".")  # noqa: PTH111  Path would drop what was typed
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
    """The path from the root, with ~ in words."""
    return os.path.abspath(os.path.expanduser(path))  # noqa: PTH100, PTH111  one that need not exist


def looked_up(effect: ListFolder | FindPath) -> Message:
    """What the folders tell."""
    if isinstance(effect, ListFolder):
        return effect.listed(folder_names(effect.prefix))
    return effect.found(path_from_root(effect.path))
