"""Command-line words that name local files whose contents are sent."""

import re
from pathlib import Path

from crystalmath_server.protocol.inputs import INPUTS_FILES

_TOLD = re.compile(r"TITEL|ENMAX|ZVAL|End of Dataset")
"""The POTCAR lines that are sent; the rest of the file is licensed, and large."""


def texts_of(word: str) -> dict[str, str]:
    """File name → text, from NAME=FILE, an input file under its own name, or a folder of input files.

    Raises
    ------
    ValueError
        A file cannot be read, or the folder has no input files.
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
        raise ValueError(f"{place} is not a text file") from None


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
