"""Toy bands and density of states: cosines, with a gap in non-metals; for parsers, of no meaning."""

from dataclasses import dataclass

import numpy as np

from tests.vasp_standin.standin_deck import Deck
from tests.vasp_standin.standin_forces import is_metal

BOTTOM_EV, WIDTH_EV, RIPPLE_EV, GAP_EV = -12.0, 16.0, 0.8, 1.0
MARGIN_EV = 2.0


@dataclass(frozen=True, slots=True)
class Bands:
    """Eigenvalues [eV] and occupations, (spins, kpoints, bands); the same for all spins."""

    energies: np.ndarray
    occupations: np.ndarray
    fermi: float


def bands_of(deck: Deck) -> Bands:
    """Bands filled with as many electrons as there are."""
    per_band = 1 if deck.noncollinear else 2
    filled = max(deck.electrons / per_band, 1e-9)
    n = np.arange(deck.bands)
    ripple = np.cos(2 * np.pi * deck.kpoints.points).sum(axis=1)[:, None] * (-1.0) ** n[None, :]
    energies = np.sort(BOTTOM_EV + WIDTH_EV * n[None, :] / filled + RIPPLE_EV * ripple, axis=1)
    full = min(int(np.ceil(filled)), deck.bands)
    last = energies[:, full - 1]
    fermi = float(last.max())
    if is_metal([name for name, _ in deck.groups]):
        fermi = float(last.min() + last.max()) / 2  # the last band crosses it
    elif full < deck.bands:
        energies[:, full:] += max(0.0, fermi + GAP_EV - float(energies[:, full:].min()))
    shape = (deck.spins, *energies.shape)
    occupations = (energies <= fermi + 1e-9).astype(float)
    return Bands(np.broadcast_to(energies, shape), np.broadcast_to(occupations, shape), fermi)


def dos_of(bands: Bands, weights: np.ndarray, points: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Energies [eV], density [1/eV] and integral of one spin."""
    energies = bands.energies[0]
    grid = np.linspace(energies.min() - MARGIN_EV, energies.max() + MARGIN_EV, points)
    step = grid[1] - grid[0]
    share = np.broadcast_to(weights[:, None], energies.shape)
    counts, _ = np.histogram(energies, bins=np.append(grid, grid[-1] + step), weights=share)
    return grid, counts / step, np.cumsum(counts)
