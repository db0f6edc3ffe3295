"""Ionic steps of a vasprun.xml, read as a stream: memory does not grow with the atoms or bands in it."""

import gzip
import math
from pathlib import Path
from typing import Any, BinaryIO, cast
from xml.etree import ElementTree as ET

_ENERGIES = ("e_fr_energy", "e_wo_entrp", "e_0_energy")


def steps_of(path: Path) -> list[dict[str, Any]]:
    """Each whole ionic step: energies [eV], largest force [eV/Å], stress [kbar], lattice vectors [Å].

    A file that breaks off yields the steps before. pymatgen's Vasprun keeps every structure and force:
    for 100 MB of molecular dynamics more than a gigabyte.
    """
    steps: list[dict[str, Any]] = []
    with _opened(path) as file:
        try:
            for _event, element in ET.iterparse(file):  # noqa: S314  expat expands no entities of VASP's
                if element.tag == "calculation":
                    steps.append(_step(element))
                if element.tag in {"calculation", "dos", "eigenvalues", "projected", "scstep"}:
                    element.clear()
        except ET.ParseError:
            return steps
    return steps


def _opened(path: Path) -> BinaryIO:
    return cast("BinaryIO", gzip.open(path)) if path.suffix == ".gz" else path.open("rb")


def _step(calculation: ET.Element) -> dict[str, Any]:
    forces = _rows(calculation.find("varray[@name='forces']"))
    found: dict[str, Any] = {
        "n_atoms": len(forces),
        "max_force": max((math.hypot(*row) for row in forces), default=None),
        "stress": _rows(calculation.find("varray[@name='stress']")) or None,
        "cell": _rows(calculation.find("structure/crystal/varray[@name='basis']")) or None,
    }
    for name in _ENERGIES:
        found[name] = _number(calculation.find(f"energy/i[@name='{name}']"))
    return found


def _rows(array: ET.Element | None) -> list[list[float]]:
    """Rows of a varray; VASP writes *** for a number that has no room."""
    rows = array.findall("v") if array is not None else []
    return [[_float(word) for word in (row.text or "").split()] for row in rows]


def _number(item: ET.Element | None) -> float | None:
    value = _float(item.text or "") if item is not None else math.nan
    return value if math.isfinite(value) else None


def _float(word: str) -> float:
    try:
        return float(word)
    except ValueError:
        return math.nan
