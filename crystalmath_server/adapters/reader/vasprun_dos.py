"""Total and projected density of states, streamed from a vasprun.xml."""

import gzip
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO, cast
from xml.etree import ElementTree as ET

import numpy as np
from numpy.typing import NDArray

from crystalmath_server.protocol.command import command
from crystalmath_server.protocol.errors import FileUnreadable, NotFound
from crystalmath_server.protocol.files import JOBS_FILES

_LETTERS = "s" + "p" * 3 + "d" * 5 + "f" * 7
"""Orbital letters of projection columns, in VASP's order."""
_MOST_SPINS = 2

Array = NDArray[np.float64]


@dataclass(slots=True)
class _Reader:
    """The stream position and the data read so far; ions are summed and not kept individually."""

    elements: list[str] = field(default_factory=list[str])
    path: list[str] = field(default_factory=list[str])
    fermi: float = 0.0
    orbitals: str = ""
    ion: int = -1
    spins: dict[str, Array] = field(default_factory=dict[str, Array])
    parts: dict[tuple[str, str, str], Array] = field(default_factory=dict[tuple[str, str, str], Array])

    def begin(self, element: ET.Element) -> None:
        """Handle the start of an element."""
        self.path.append(element.tag)
        if element.tag == "dos":  # the last one counts
            self.ion, self.orbitals = -1, ""
            self.spins, self.parts = {}, {}
        if element.tag == "set" and "partial" in self.path and element.get("comment", "").startswith("ion"):
            self.ion += 1

    def end(self, element: ET.Element) -> None:
        """Handle a complete element and free what is not needed."""
        inside = "dos" in self.path
        self.path.pop()
        comment = element.get("comment", "")
        if element.tag == "i" and inside and element.get("name") == "efermi":
            self.fermi = float(element.text or "nan")
        elif element.tag == "array" and element.get("name") == "atoms":
            self.elements = [(row.findtext("c") or "").strip() for row in element.iter("rc")]
        elif element.tag == "set" and inside and comment.startswith("spin"):
            self._take(comment.removeprefix("spin").strip(), element)
        elif element.tag == "field" and "partial" in self.path and self.ion < 0:
            self.orbitals += (element.text or "").strip()[:1]
        if element.tag in {"set", "calculation", "varray", "scstep"} and "atominfo" not in self.path:
            element.clear()

    def _take(self, spin: str, rows: ET.Element) -> None:
        table = np.array([(row.text or "").split() for row in rows], dtype=float)
        if "partial" not in self.path:
            self.spins[spin] = table[:, :2]
            return
        element = self.elements[self.ion]
        for column, letter in enumerate(self._letters(table.shape[1] - 1), 1):
            key = (element, letter, spin)
            known = self.parts.get(key)
            self.parts[key] = table[:, column] if known is None else known + table[:, column]

    def _letters(self, columns: int) -> str:
        """The orbital letter of each column: by position for orbitals, by name for whole shells."""
        return self.orbitals[1:] if self.orbitals[1:] in "spdf" else _LETTERS[:columns]


def density_of(vasprun: Path) -> dict[str, Any]:
    """The density of states: `efermi` and `energies` [eV], `densities` by spin, and `parts`.

    A part is {"element", "orbital", "densities"}, the sum over the ions of an element [states/eV]. In a run
    with spin-orbit coupling the first set is the density; the others are its projections.

    Raises
    ------
    NotFound
        The file has no density of states.
    FileUnreadable
        The file is broken.
    """
    found = _Reader()
    try:
        with _open(vasprun) as file:
            for event, element in ET.iterparse(file, ("start", "end")):  # noqa: S314  VASP files have no entities to expand
                (found.begin if event == "start" else found.end)(element)
    except (ET.ParseError, ValueError, IndexError, EOFError, OSError) as error:
        hint = f"Check the file: {command(JOBS_FILES, pk='PK')}"
        raise FileUnreadable(f"vasprun.xml is broken: {error}", field="kind", hint=hint) from error
    if not found.spins:
        detail = "vasprun.xml has no density of states"
        raise NotFound(detail, field="kind", hint="Run a template that computes it, for example vasp.static.")
    return _to_json(found)


def _to_json(found: _Reader) -> dict[str, Any]:
    spins = list(found.spins) if len(found.spins) <= _MOST_SPINS else ["1"]
    first = next(iter(found.spins.values()))
    pairs = dict.fromkeys((element, letter) for element, letter, _ in found.parts)
    return {
        "efermi": found.fermi,
        "energies": first[:, 0].tolist(),
        "densities": _by_spin((spin, found.spins[spin][:, 1]) for spin in spins),
        "parts": [
            {
                "element": element,
                "orbital": letter,
                "densities": _by_spin((spin, found.parts[element, letter, spin]) for spin in spins),
            }
            for element, letter in pairs
        ],
    }


def _by_spin(rows: Iterable[tuple[str, Array]]) -> dict[str, list[float]]:
    """Densities by spin with pymatgen's keys: 1 is up, -1 is down."""
    return {"-1" if spin == "2" else "1": values.tolist() for spin, values in rows}


def _open(path: Path) -> BinaryIO:
    return cast("BinaryIO", gzip.open(path)) if path.suffix == ".gz" else path.open("rb")
