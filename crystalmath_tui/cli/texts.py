"""Words of a command that name files on this side whose texts are sent."""

import re
from pathlib import Path

from crystalmath_server.protocol.inputs import INPUTS_FILES

_TOLD = re.compile(r"TITEL|ENMAX|ZVAL|End of Dataset")
"""Lines of a POTCAR that are sent: it is under license, and large."""


def texts_of(word: str) -> dict[str, str]:
    """NAME=FILE, an input file by its own name, or a folder of input files → file name → text.

    Raises
    ------
    ValueError
        What cannot be read.
    """
    name, given, place = word.partition("=")
    if not given:
        name, place = "", word
    path = Path(place).expanduser()
    try:
        if path.is_dir():
            return _inputs_in(path)
        return {name or path.name: _text(path)}
    except OSError as error:
        raise ValueError(f"{place}: {error.strerror or error}") from None
    except UnicodeDecodeError:
        raise ValueError(f"{place} is not a text") from None


def _inputs_in(folder: Path) -> dict[str, str]:
    names = [name for name in INPUTS_FILES if (folder / name).is_file()]
    if "POTCAR.spec" not in names and (folder / "POTCAR").is_file():
        names.append("POTCAR")
    if not names:
        raise ValueError(f"{folder} has none of {', '.join(INPUTS_FILES)}")
    return {name: _text(folder / name) for name in names}


def _text(path: Path) -> str:
    text = path.read_text("utf-8")
    if path.name != "POTCAR":
        return text
    return "".join(line for line in text.splitlines(keepends=True) if _TOLD.search(line))
