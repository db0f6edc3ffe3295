"""Retrieved VASP files: decompression, and a check for a truncated vasprun.xml."""

import gzip
import json
import os
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from crystalmath_server.domain.jobs import nodes

_END = b"</modeling>"
_CHUNK = 1 << 20


def unpack(folder: Path) -> None:
    """Decompress every NAME.gz without a NAME; for a broken file, as much as possible."""
    for path in folder.glob("*.gz"):
        plain = path.with_suffix("")
        if not plain.exists():
            with gzip.open(path) as packed, plain.open("wb") as out:
                try:
                    while chunk := packed.read(_CHUNK):
                        out.write(chunk)
                except (EOFError, OSError, zlib.error):
                    continue


def as_it_was(folder: Path, settings: Mapping[str, Any], potcar: Mapping[str, Any]) -> None:
    """Restore file times of an imported run, and write POTCAR.spec instead of POTCAR, for emmet.

    emmet may use POTCAR.spec.orig for the run's potentials, so it is written only if it is identical.
    """
    for name, time in settings.get(nodes.TIMES, {}).items():
        if (folder / name).exists():
            os.utime(folder / name, (time, time))
    if specs := potcar.get(nodes.SPECS):
        names = ("POTCAR.spec", "POTCAR.spec.orig") if potcar.get(nodes.SPECS_OF_ORIG) else ("POTCAR.spec",)
        for name in names:
            (folder / name).write_text(json.dumps(specs))


def breaks_off(vasprun: Path) -> bool:
    """Whether vasprun.xml is truncated."""
    with vasprun.open("rb") as file:
        size = file.seek(0, 2)
        file.seek(max(0, size - 4096))
        return _END not in file.read()
