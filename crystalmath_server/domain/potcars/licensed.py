"""What of VASP's potentials is licensed, by name of the file, and what may be told of it; pure functions."""

import re

from crystalmath_server.protocol.command import command
from crystalmath_server.protocol.errors import NotAllowed
from crystalmath_server.protocol.jobs import JOBS_SHOW

_TITLE = re.compile(r"^\s*TITEL\s*=\s*(.+?)\s*$", re.MULTILINE)
_FREE = (".spec", ".titles", ".json", ".txt")


def is_potcar(name: str) -> bool:
    """Whether a file of this name holds a potential; POTCAR.spec names them only."""
    base = name.rpartition("/")[2].upper()
    return base.startswith("POTCAR") and not base.lower().endswith(_FREE)


def check(path: str) -> None:
    """Raise NotAllowed where a file may not be brought to whoever asks for it."""
    if is_potcar(path):
        hint = f"Its license keeps it where it is; what it is made of: {command(JOBS_SHOW, pk='PK')}"
        raise NotAllowed("POTCAR is not brought here", field="path", hint=hint)


def titles(text: str) -> list[str]:
    """The title of each potential, as PAW_PBE Fe 06Sep2000."""
    return _TITLE.findall(text)
