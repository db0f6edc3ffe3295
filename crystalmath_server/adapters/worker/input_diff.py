"""Implementation of inputs.diff, with structure distances from pymatgen; runs in the worker."""

import warnings
from collections.abc import Mapping
from typing import Any

import numpy as np
from pymatgen.analysis.structure_matcher import StructureMatcher
from pymatgen.core import Structure
from pymatgen.io.vasp import Poscar
from pymatgen.util.coord import pbc_shortest_vectors

from crystalmath_server.adapters.worker.incar_tags import catalogue
from crystalmath_server.domain.inputs import poscar_text
from crystalmath_server.domain.inputs.diff import diff
from crystalmath_server.domain.inputs.problems import ERROR
from crystalmath_server.protocol.inputs import InputDiff, StructureChange

_SAME_A = 1e-5
_MOST_MATCHED = 200


def compare(left: Mapping[str, str], right: Mapping[str, str]) -> InputDiff:
    """The differences between two sets of input files."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        before, after = _structure(left), _structure(right)
        change = _change(before, after) if before is not None and after is not None else None
        return diff(left, right, catalogue(), change)


def _structure(files: Mapping[str, str]) -> Structure | None:
    """The structure, or None if it is missing or cannot be read."""
    text = files.get("POSCAR", "")
    if any(problem.severity is ERROR for problem in poscar_text.read(text)[1]):
        return None
    try:
        return Poscar.from_str(text, read_velocities=False).structure
    except Exception:  # noqa: BLE001  pymatgen's reader may raise anything
        return None


def _change(before: Structure, after: Structure) -> StructureChange:
    volume = 100 * (after.volume / before.volume - 1)
    if before.composition != after.composition:
        words = f"{before.formula} is now {after.formula}"
        return StructureChange(same=False, words=words, volume_change=volume)
    if before.species == after.species:
        moved = _displacements(before, after)
    else:
        moved = _match_sites(before, after)
        if moved is None:
            return StructureChange(same=False, words="the atoms do not match", volume_change=volume)
    cell = float(np.abs(before.lattice.matrix - after.lattice.matrix).max())
    rms, largest = moved
    if cell < _SAME_A and largest < _SAME_A:
        return StructureChange(same=True, rms=rms, largest=largest, volume_change=volume)
    parts = [f"cell vectors differ by up to {cell:.4f} Å"] if cell >= _SAME_A else []
    parts += [f"atoms move by up to {largest:.4f} Å (rms {rms:.4f} Å)"] if largest >= _SAME_A else []
    if abs(volume) > 1e-3:
        parts.append(f"volume {volume:+.2f} %")
    return StructureChange(same=False, words="; ".join(parts), rms=rms, largest=largest, volume_change=volume)


def _displacements(before: Structure, after: Structure) -> tuple[float, float]:
    """Root-mean-square and largest displacement of matching sites, by the shortest vectors [Å]."""
    mean = (before.lattice.matrix + after.lattice.matrix) / 2
    lattice = type(before.lattice)(mean)
    lengths = [
        float(np.linalg.norm(_shortest(lattice, a, b)))
        for a, b in zip(before.frac_coords, after.frac_coords, strict=True)
    ]
    return float(np.sqrt(np.mean(np.square(lengths)))), max(lengths)


def _shortest(lattice: Any, a: Any, b: Any) -> Any:
    return pbc_shortest_vectors(lattice, [a], [b])[0][0]


def _match_sites(before: Structure, after: Structure) -> tuple[float, float] | None:
    """Displacements from pymatgen's matcher in any site order [Å]; None if there is no match."""
    if len(before) > _MOST_MATCHED:
        return None
    matcher = StructureMatcher(primitive_cell=False, scale=False, attempt_supercell=False)
    found: Any = matcher.get_rms_dist(before, after)
    if found is None:
        return None
    length = (before.volume / len(before)) ** (1 / 3)
    return float(found[0]) * length, float(found[1]) * length
