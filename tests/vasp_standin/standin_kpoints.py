"""KPOINTS or KSPACING → the k-points that VASP would use."""

import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import spglib

from tests.vasp_standin.standin_words import VaspStopError

GAMMA, MONKHORST, LINES, LIST = "Gamma", "Monkhorst-Pack", "listgenerated", ""


@dataclass(frozen=True, slots=True)
class Kpoints:
    """Points in reciprocal coordinates with weights; the style as vasprun.xml names it."""

    style: str
    points: np.ndarray
    weights: np.ndarray
    divisions: tuple[int, ...] = ()
    shift: tuple[float, ...] = (0.0, 0.0, 0.0)
    corners: list[np.ndarray] = field(default_factory=list[np.ndarray])

    @property
    def gamma_alone(self) -> bool:
        return len(self.points) == 1 and not np.any(self.points)


def read_kpoints(path: Path, tags: Mapping[str, str], atoms: Any) -> Kpoints:
    """Of KPOINTS, or of KSPACING (0.5 by default) where there is none."""
    cell = _symmetry_cell(atoms, symmetric=int(tags.get("ISYM", "2")) > 0)
    if not path.exists():
        spacing = float(tags.get("KSPACING", "0.5"))
        lengths = 2 * np.pi * np.linalg.norm(atoms.cell.reciprocal(), axis=1)
        style = MONKHORST if tags.get("KGAMMA", "T").lstrip(".")[:1].upper() == "F" else GAMMA
        return _mesh(style, [max(1, int(np.ceil(x / spacing))) for x in lengths], cell)
    lines = [line.split("!")[0].split("#")[0].strip() for line in path.read_text().splitlines()]
    try:
        return _parsed(lines, atoms, cell)
    except (IndexError, ValueError) as error:
        raise VaspStopError("Error reading KPOINTS file", "the error occurred at line:      3") from error


def _symmetry_cell(atoms: Any, *, symmetric: bool) -> Any:
    """What spglib takes for a crystal; without symmetry, time reversal alone is left."""
    if symmetric:
        return np.array(atoms.cell), atoms.get_scaled_positions(), atoms.numbers
    return np.array(atoms.cell), np.random.default_rng(0).random((2, 3)), [1, 2]


def _parsed(lines: Sequence[str], atoms: Any, cell: Any) -> Kpoints:
    count, style = int(lines[1].split()[0]), lines[2][:1].lower()
    if count == 0:
        return _automatic(style, lines, atoms, cell)
    if style == "l":
        return _along_lines(count, lines, atoms)
    rows = np.array([[float(x) for x in line.split()[:4]] for line in lines[3 : 3 + count]])
    if rows.shape != (count, 4):
        raise ValueError(rows.shape)
    points = _reciprocal(rows[:, :3], style, atoms)
    return Kpoints(LIST, points, rows[:, 3] / (rows[:, 3].sum() or 1))


def _automatic(style: str, lines: Sequence[str], atoms: Any, cell: Any) -> Kpoints:
    if style == "a":
        lengths = np.linalg.norm(atoms.cell.reciprocal(), axis=1)
        return _mesh(GAMMA, [max(1, int(float(lines[3].split()[0]) * x + 0.5)) for x in lengths], cell)
    divisions = [int(x) for x in lines[3].split()[:3]]
    shift = [float(x) for x in lines[4].split()[:3]] if len(lines) > 4 and lines[4] else []
    if style not in "gm" or len(divisions) != 3 or min(divisions) < 1:
        raise ValueError(style)
    return _mesh(GAMMA if style == "g" else MONKHORST, divisions, cell, shift)


def _mesh(style: str, divisions: Sequence[int], cell: Any, shift: Sequence[float] = ()) -> Kpoints:
    """Irreducible points of a mesh; an even Monkhorst-Pack mesh stands half a step off Γ."""
    half = [int(style == MONKHORST and n % 2 == 0) for n in divisions]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # of spglib, about its own errors to come
        mapping, grid = spglib.get_ir_reciprocal_mesh(list(divisions), cell, is_shift=half)
    unique, counts = np.unique(mapping, return_counts=True)
    points = (grid[unique] + np.array(half) / 2) / np.array(divisions)
    return Kpoints(style, points, counts / counts.sum(), tuple(divisions), tuple(shift) or (0.0, 0.0, 0.0))


def _along_lines(count: int, lines: Sequence[str], atoms: Any) -> Kpoints:
    rows = [[float(x) for x in line.split()[:3]] for line in lines[4:] if line]
    corners = list(_reciprocal(np.array(rows), lines[3][:1].lower(), atoms))
    pairs = zip(corners[::2], corners[1::2], strict=True)
    points = np.array([a + (b - a) * t for a, b in pairs for t in np.linspace(0, 1, count)])
    return Kpoints(LINES, points, np.full(len(points), 1 / len(points)), (count,), corners=corners)


def _reciprocal(points: np.ndarray, style: str, atoms: Any) -> np.ndarray:
    """From cartesian coordinates (in 2π/Å, scale 1) where the style says so."""
    return points @ np.array(atoms.cell).T if style in "ck" else points
