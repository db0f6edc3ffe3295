"""Energies of the ionic steps in vasprun.xml, with VASP's output errors corrected; pure functions."""

from collections.abc import Mapping
from typing import Any, cast

from crystalmath_server.domain.results.task_document import as_list, number

FREE, INTERNAL, SIGMA_ZERO = "e_fr_energy", "e_wo_entrp", "e_0_energy"
ENERGIES = (FREE, INTERNAL, SIGMA_ZERO)
"""VASP's names for the free energy, the energy without entropy and the energy for sigma → 0 [eV]."""
_SAME = 1e-7  # eV, pymatgen's tolerance
_DIGITS = 8  # decimals in VASP's output
_TOLERANCE = 1e-6  # eV, exceeds the rounding error of three numbers
_NO_ATOM = 1e-3  # eV: a larger free energy implies a nonzero energy for sigma → 0

Step = Mapping[str, Any]


def correct_energies(step: Step) -> dict[str, Any]:
    """The ionic step with trustworthy energies; unknown ones are None.

    In an ionic step, VASP 5.3.5 and others write -0.0 as `e_0_energy` or leave out the dispersion energy
    (https://www.vasp.at/forum/viewtopic.php?f=3&t=16942). The free energy is correct, and so are the
    differences between the energies of the last electronic step; like pymatgen's `Vasprun.final_energy`,
    add the two.
    """
    free, last = number(step.get(FREE)), _last_electronic(step)
    found = {name: number(step.get(name)) for name in ENERGIES if name in step}
    if free is not None and last is not None:
        found |= {name: _from_free(free, last, name, found.get(name)) for name in (INTERNAL, SIGMA_ZERO)}
    elif not _plausible(found):
        found[SIGMA_ZERO] = None
    return {**step, **found}


def _last_electronic(step: Step) -> Step | None:
    rows = as_list(step.get("electronic_steps"))
    last: Step = cast("Step", rows[-1]) if rows and isinstance(rows[-1], Mapping) else {}
    return last if all(number(last.get(name)) is not None for name in (FREE, SIGMA_ZERO)) else None


def _from_free(free: float, last: Step, name: str, written: float | None) -> float | None:
    """An energy derived from its distance to the free energy; the written value if they agree."""
    value = number(last.get(name))
    if value is None:
        return written
    told = round(value - last[FREE] + free, _DIGITS)
    return written if written is not None and abs(written - told) <= _SAME else told


def _plausible(energies: Mapping[str, float | None]) -> bool:
    """Whether the energy for sigma → 0 lies between the two it is extrapolated from and is not a bogus 0."""
    zero, free, internal = (energies.get(name) for name in (SIGMA_ZERO, FREE, INTERNAL))
    if zero is None or free is None:
        return True
    if (
        internal is not None
        and not min(free, internal) - _TOLERANCE <= zero <= max(free, internal) + _TOLERANCE
    ):
        return False
    return abs(zero) > _TOLERANCE or abs(free) < _NO_ATOM
