"""pymatgen's JSON of a band structure or density of states → curves; pure functions."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

from crystalmath_server.protocol.series import Curve, Tick

MOST_BANDS = 60
_SPINS = {"1": "up", "-1": "down"}
_GREEK = {"\\Gamma": "Γ", "GAMMA": "Γ", "\\Sigma": "Σ", "\\Delta": "Δ", "\\Lambda": "Λ"}

Document = Mapping[str, Any]
Vector = Sequence[float]


def path_of(bands: Document) -> list[float]:
    """Distance of each k-point along the path [1/Å]; it does not increase between branches."""
    cell: Sequence[Vector] = bands["lattice_rec"]["matrix"]
    points = [_cartesian(point, cell) for point in bands["kpoints"]]
    starts = {int(branch["start_index"]) for branch in bands.get("branches") or ()}
    found: list[float] = []
    for place, point in enumerate(points):
        step = 0.0 if place == 0 or place in starts else math.dist(point, points[place - 1])
        found.append((found[-1] if found else 0.0) + step)
    return found


def ticks_of(bands: Document, path: Sequence[float]) -> tuple[Tick, ...]:
    """Ticks for high-symmetry points; points at the same position are joined, e.g. U|K."""
    labels: dict[float, list[str]] = {}
    for branch in bands.get("branches") or ():
        first, _, last = str(branch["name"]).partition("-")
        for index, name in ((branch["start_index"], first), (branch["end_index"], last)):
            names = labels.setdefault(path[int(index)], [])
            if point_name(name) not in names:
                names.append(point_name(name))
    return tuple(Tick(x, "|".join(names)) for x, names in sorted(labels.items()))


def point_name(name: str) -> str:
    """The usual notation of a high-symmetry point, e.g. Γ or X₁."""
    for tex, letter in _GREEK.items():
        name = name.replace(tex, letter)
    head, found, tail = name.replace("{", "").replace("}", "").partition("_")
    return head + tail.translate(str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉")) if found else head


def band_curves(bands: Document) -> tuple[tuple[Curve, ...], int]:
    """Bands near the Fermi energy, relative to it [eV], and the number of bands left out."""
    fermi = float(bands["efermi"])
    spins: dict[str, list[Vector]] = bands["bands"]
    rows = [
        (_band_name(spin, index, len(spins)), [energy - fermi for energy in band])
        for spin, found in spins.items()
        for index, band in enumerate(found)
    ]
    near = sorted(rows, key=lambda row: min(map(abs, row[1]), default=math.inf))[:MOST_BANDS]
    kept = {name for name, _ in near}
    curves = tuple(Curve(name, "eV", tuple(values)) for name, values in rows if name in kept)
    return curves, len(rows) - len(curves)


def _band_name(spin: str, index: int, n_spins: int) -> str:
    name = f"band {index + 1}"
    return f"{name} {_SPINS.get(spin, spin)}" if n_spins > 1 else name


def dos_curves(dos: Document) -> tuple[list[float], tuple[Curve, ...]]:
    """Energies relative to the Fermi energy [eV] and densities [states/eV]; spin down is positive."""
    fermi = float(dos["efermi"])
    spins: dict[str, Vector] = dos["densities"]
    energies = [float(energy) - fermi for energy in dos["energies"]]
    names = {spin: f"spin {_SPINS.get(spin, spin)}" if len(spins) > 1 else "density" for spin in spins}
    curves = [Curve(names[spin], "states/eV", tuple(map(float, values))) for spin, values in spins.items()]
    return energies, tuple(curves)


def _cartesian(point: Vector, cell: Sequence[Vector]) -> Vector:
    return [sum(point[i] * cell[i][j] for i in range(3)) for j in range(3)]
