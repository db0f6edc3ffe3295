"""Names in the folders of this machine, to complete a path that is typed."""

import os

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
