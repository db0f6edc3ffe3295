"""Energies, forces and stress for VASP's: ASE's EMT where it knows the elements, else Morse pairs."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from ase.calculators.calculator import Calculator, all_changes
from ase.calculators.emt import EMT
from ase.calculators.emt import parameters as emt_parameters
from ase.data import atomic_numbers, covalent_radii
from ase.neighborlist import neighbor_list
from ase.units import GPa

EMT_METALS = frozenset({"Al", "Ni", "Cu", "Pd", "Ag", "Pt", "Au"})
WELL_EV, STIFFNESS, REACH = 0.4, 1.6, 6.0


@dataclass(frozen=True, slots=True)
class Point:
    """One point of the energy surface: eV, eV/Å, kB (VASP's sign: positive under compression)."""

    energy: float
    forces: np.ndarray
    stress: np.ndarray


class MorsePairs(Calculator):
    """Morse pairs whose bond length is the sum of covalent radii, cut off smoothly at 6 Å."""

    implemented_properties = ["energy", "free_energy", "forces", "stress"]  # noqa: RUF012  as ASE has it

    def calculate(
        self,
        atoms: Any = None,
        properties: Sequence[str] = ("energy",),
        system_changes: Sequence[str] = all_changes,
    ) -> None:
        super().calculate(atoms, properties, system_changes)
        i, j, r, apart = neighbor_list("ijdD", atoms, REACH)
        radii = covalent_radii[atoms.numbers]
        energy, slope = _morse(r, radii[i] + radii[j])
        pulls = (slope / r)[:, None] * apart
        forces = np.zeros((len(atoms), 3))
        np.add.at(forces, i, pulls)
        stress = np.einsum("pa,pb->ab", pulls, apart) / (2 * atoms.get_volume())
        self.results = {
            "energy": energy.sum() / 2,
            "free_energy": energy.sum() / 2,
            "forces": forces,
            "stress": stress.flat[[0, 4, 8, 5, 2, 1]],
        }


def _morse(r: np.ndarray, bond: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Energy and its slope of each pair."""
    decay = np.exp(-STIFFNESS * (r - bond))
    well = WELL_EV * ((1 - decay) ** 2 - 1)
    well_slope = 2 * WELL_EV * STIFFNESS * decay * (1 - decay)
    inside = 1 - (r / REACH) ** 2
    return well * inside**3, well_slope * inside**3 - well * 6 * r / REACH**2 * inside**2


def calculator_of(symbols: Sequence[str]) -> tuple[str, Any]:
    """Name and calculator."""
    if set(symbols) <= EMT_METALS:
        return "EMT", EMT()
    return "Morse pairs", MorsePairs()


def atoms_energy(symbols: Sequence[str], name: str) -> float:
    """What free atoms have by ASE's zero: EMT counts from the bulk, VASP from atoms, so never above zero."""
    table: Mapping[str, Any] = emt_parameters
    return sum(table[symbol][0] for symbol in symbols) if name == "EMT" else 0.0


def point_of(atoms: Any, zero: float) -> Point:
    """Where the atoms are now; forces as they are, before any constraint."""
    stress = -atoms.get_stress(voigt=False, apply_constraint=False) / GPa * 10
    return Point(float(atoms.get_potential_energy() + zero), atoms.get_forces(apply_constraint=False), stress)


def is_metal(symbols: Sequence[str]) -> bool:
    """For the toy bands: metals alone make a metal."""
    nonmetals = {atomic_numbers[x] for x in ("H", "B", "C", "N", "O", "F", "Si", "P", "S", "Cl", "Ge", "As")}
    return not nonmetals & {atomic_numbers[symbol] for symbol in symbols}
