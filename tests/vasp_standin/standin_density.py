"""CHGCAR and WAVECAR: small ones that are written, and read again where ICHARG or ISTART ask for it."""

import struct
from pathlib import Path
from typing import Any

import numpy as np

from tests.vasp_standin.standin_deck import Deck
from tests.vasp_standin.standin_text import poscar_text
from tests.vasp_standin.standin_words import VaspStopError, say

GRID = 10
_SHARPNESS = 3.0
_RECORD = 128
_DOUBLE_TAG = 45200.0


def write_density(path: Path, deck: Deck, atoms: Any, total: float) -> None:
    """Density times volume on a grid, smooth humps at the atoms, whose mean is `total`."""
    axes = np.meshgrid(*[np.arange(GRID) / GRID] * 3, indexing="ij")
    density = np.zeros((GRID,) * 3)
    for place in atoms.get_scaled_positions():
        density += np.exp(sum(_SHARPNESS * (np.cos(2 * np.pi * (axes[i] - place[i])) - 1) for i in range(3)))
    density *= total / density.mean()
    rows = density.flatten(order="F").reshape(-1, 5)
    body = "\n".join("".join(f" {x:17.11E}" for x in row) for row in rows)
    blocks = [f"{GRID:5d}{GRID:5d}{GRID:5d}\n{body}\n"]
    if deck.spins == 2:
        nothing = "\n".join([" 0.00000000000E+00" * 5] * len(rows))
        blocks.append(f"{GRID:5d}{GRID:5d}{GRID:5d}\n{nothing}\n")
    path.write_text(f"{poscar_text(deck, atoms)}\n{''.join(blocks)}")


def write_orbitals(path: Path, deck: Deck) -> None:
    """The two header records of a WAVECAR, without coefficients."""
    first = struct.pack("<3d", _RECORD, deck.spins, _DOUBLE_TAG)
    cell = np.array(deck.atoms.cell).flatten()
    second = struct.pack(
        "<12d", len(deck.kpoints.points), deck.bands, deck.number("ENCUT", enmax(deck)), *cell
    )
    path.write_bytes(first.ljust(_RECORD, b"\0") + second.ljust(_RECORD, b"\0"))


def enmax(deck: Deck) -> float:
    return max(potential.enmax for potential in deck.potentials)


def restart(deck: Deck, folder: Path) -> bool:
    """Read what ISTART and ICHARG ask for, and say so; whether orbitals or density were there."""
    orbitals = _orbitals_read(deck, folder / "WAVECAR")
    wanted = deck.integer("ICHARG", 0 if orbitals else 2)
    if wanted not in {1, 11}:
        return orbitals
    if _density_read(deck, folder / "CHGCAR"):
        say(" charge-density read from file: CHGCAR")
        return True
    if wanted == 11:
        raise VaspStopError("ERROR: charge density could not be read from file CHGCAR", "for ICHARG>10")
    say(" WARNING: charge density could not be read from file CHGCAR; atomic densities are used")
    return orbitals


def _orbitals_read(deck: Deck, path: Path) -> bool:
    if deck.integer("ISTART", 1) == 0 or not path.exists() or path.stat().st_size == 0:
        return False
    say(" found WAVECAR, reading the header")
    data = path.read_bytes()
    if len(data) < 2 * _RECORD or struct.unpack("<3d", data[:24])[2] != _DOUBLE_TAG:
        raise VaspStopError("ERROR: while reading WAVECAR, header is corrupt")
    points, bands = (int(x) for x in struct.unpack("<2d", data[_RECORD : _RECORD + 16]))
    if points != len(deck.kpoints.points):
        say(f"  number of k-points has changed, file: {points:5d} present: {len(deck.kpoints.points):5d}")
    if bands != deck.bands:
        say(f"  number of bands has changed, file: {bands:5d} present: {deck.bands:5d}")
    say(" the WAVECAR file was read successfully")
    return True


def _density_read(deck: Deck, path: Path) -> bool:
    """Whether CHGCAR is of as many ions and whole."""
    if not path.exists():
        return False
    lines = path.read_text(errors="replace").splitlines()
    try:
        ions = sum(int(count) for count in lines[6].split())
        nx, ny, nz = (int(n) for n in lines[9 + ions].split())
    except (IndexError, ValueError):
        return False
    return ions == len(deck.atoms) and len(lines) >= 10 + ions + nx * ny * nz // 5
