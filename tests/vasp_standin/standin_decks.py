"""Small decks of our own for the stand-in: four copper ions a little off their places."""

from collections.abc import Mapping
from pathlib import Path

from tests.vasp_standin.potmake import potcar

POSCAR = """\
Cu4, a little off
1.0
 3.60 0.00 0.00
 0.00 3.60 0.00
 0.00 0.00 3.60
Cu
4
Direct
 0.02 0.00 0.01
 0.50 0.50 0.00
 0.50 0.00 0.48
 0.00 0.51 0.50
"""
KPOINTS = "mesh\n0\nMonkhorst-Pack\n3 3 3\n"
RELAX: Mapping[str, str] = {
    "ALGO": "Fast",
    "EDIFF": "1E-5",
    "EDIFFG": "-0.02",
    "ENCUT": "400",
    "IBRION": "2",
    "ISIF": "2",
    "ISMEAR": "0",
    "LREAL": "Auto",
    "NSW": "50",
    "PREC": "Normal",
    "SIGMA": "0.1",
}


def write_deck(folder: Path, changes: Mapping[str, str | None] | None = None, faults: str = "") -> Path:
    """RELAX with `changes` (None takes a tag away), KPOINTS, POSCAR, POTCAR and the faults."""
    folder.mkdir(parents=True, exist_ok=True)
    tags = {**RELAX, **(changes or {})}
    lines = [f"{tag} = {value}\n" for tag, value in tags.items() if value is not None]
    (folder / "INCAR").write_text("".join(lines))
    (folder / "POSCAR").write_text(POSCAR)
    (folder / "KPOINTS").write_text(KPOINTS)
    (folder / "POTCAR").write_text(potcar("Cu"))
    if faults:
        (folder / "STANDIN").write_text(faults)
    return folder
