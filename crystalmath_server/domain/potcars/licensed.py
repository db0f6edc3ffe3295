"""Which POTCAR files are licensed, judged by name, and what may be shown of them; pure functions."""

import re

from crystalmath_server.protocol.command import command
from crystalmath_server.protocol.errors import NotAllowed
from crystalmath_server.protocol.jobs import JOBS_SHOW

_TITLE = re.compile(r"^\s*TITEL\s*=\s*(.+?)\s*$", re.MULTILINE)
_FREE = (".spec", ".titles", ".json", ".txt")


def is_potcar(name: str) -> bool:
    """Whether a file with this name contains a potential; POTCAR.spec contains only symbols."""
    base = name.rpartition("/")[2].upper()
    return base.startswith("POTCAR") and not base.lower().endswith(_FREE)


def check(path: str) -> None:
    """Raise NotAllowed if a file may not be sent to a client."""
    if is_potcar(path):
        hint = f"The VASP license forbids copying it. Its symbols: {command(JOBS_SHOW, pk='PK')}"
        raise NotAllowed("POTCAR files cannot be downloaded", field="path", hint=hint)


def titles(text: str) -> list[str]:
    """The title of each potential, e.g. PAW_PBE Fe 06Sep2000."""
    return _TITLE.findall(text)
