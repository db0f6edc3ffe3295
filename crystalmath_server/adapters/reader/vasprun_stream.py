"""Ionic steps, streamed from a vasprun.xml in memory independent of its atoms and bands."""

import contextlib
import gzip
import math
import zlib
from pathlib import Path
from typing import Any, BinaryIO, cast
from xml.etree import ElementTree as ET

from crystalmath_server.domain.results.task_document import largest_norm, number
from crystalmath_server.domain.results.vasp_energies import ENERGIES, correct_energies

_LONG = {"calculation", "dos", "eigenvalues", "projected", "scstep"}
_BROKEN = (ET.ParseError, EOFError, gzip.BadGzipFile, zlib.error)


def steps_of(path: Path) -> list[dict[str, Any]]:
    """Each complete ionic step: energies [eV], largest force [eV/Å], stress [kbar], lattice vectors [Å].

    A truncated file yields the steps before the break. pymatgen's Vasprun keeps every structure and force:
    more than a gigabyte for 100 MB of molecular dynamics.
    """
    steps: list[dict[str, Any]] = []
    electronic: dict[str, float | None] = {}
    with _open(path) as file, contextlib.suppress(*_BROKEN):
        for _event, element in ET.iterparse(file):  # noqa: S314  VASP files have no entities to expand
            if element.tag == "scstep":
                electronic = _energies(element)
            elif element.tag == "calculation":
                steps.append(_step(element, electronic))
                electronic = {}
            if element.tag in _LONG:
                element.clear()
    return steps


def _open(path: Path) -> BinaryIO:
    return cast("BinaryIO", gzip.open(path)) if path.suffix == ".gz" else path.open("rb")


def _step(calculation: ET.Element, electronic: dict[str, float | None]) -> dict[str, Any]:
    """One ionic step, with energies checked against its last electronic step."""
    forces = _vectors(calculation.find("varray[@name='forces']"))
    energies = correct_energies({**_energies(calculation), "electronic_steps": [electronic]})
    return {
        "n_atoms": len(forces or _vectors(calculation.find("structure/varray[@name='positions']"))),
        "max_force": largest_norm(forces),
        "stress": _tensor(calculation.find("varray[@name='stress']")),
        "cell": _tensor(calculation.find("structure/crystal/varray[@name='basis']")),
        **{name: energies.get(name) for name in ENERGIES},
    }


def _energies(parent: ET.Element) -> dict[str, float | None]:
    found = {name: parent.find(f"energy/i[@name='{name}']") for name in ENERGIES}
    return {name: number(_float(item.text or "")) for name, item in found.items() if item is not None}


def _tensor(array: ET.Element | None) -> list[list[float]] | None:
    """A (3, 3) tensor, or None if the tensor or any of its numbers is missing."""
    rows = _vectors(array)
    whole = [len(row) for row in rows] == [3, 3, 3] and all(math.isfinite(x) for row in rows for x in row)
    return rows if whole else None


def _vectors(array: ET.Element | None) -> list[list[float]]:
    """Rows of a varray; NaN for ****, which Fortran writes for numbers that do not fit."""
    rows = array.findall("v") if array is not None else []
    return [[_float(word) for word in (row.text or "").split()] for row in rows]


def _float(word: str) -> float:
    try:
        return float(word)
    except ValueError:
        return math.nan
