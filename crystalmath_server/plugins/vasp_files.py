"""VASP's files as they came back: packed ones unpacked, and whether the last was written to its end."""

import gzip
import zlib
from pathlib import Path

_END = b"</modeling>"
_CHUNK = 1 << 20


def unpack(folder: Path) -> None:
    """Unpack every NAME.gz that has no NAME beside it; of a broken one, what can be had."""
    for path in folder.glob("*.gz"):
        plain = path.with_suffix("")
        if not plain.exists():
            with gzip.open(path) as packed, plain.open("wb") as out:
                try:
                    while chunk := packed.read(_CHUNK):
                        out.write(chunk)
                except (EOFError, OSError, zlib.error):
                    continue


def breaks_off(vasprun: Path) -> bool:
    """Whether VASP, or the disk, ended before vasprun.xml did."""
    with vasprun.open("rb") as file:
        size = file.seek(0, 2)
        file.seek(max(0, size - 4096))
        return _END not in file.read()
