"""The last steps of a job as one short row of numbers: largest force, else energy; pure functions."""

from collections.abc import Sequence
from math import isfinite

from crystalmath_server.protocol.progress import Trend

KEPT = 32
"""Steps that are told."""


def trend_of(
    pk: int, energies: Sequence[float | None], forces: Sequence[float | None], *, final: bool
) -> Trend:
    """Forces where two are known, else energies; empty where there are neither.

    Parameters
    ----------
    energies, forces
        Of all steps that are known, oldest first [eV], [eV/Å].
    final
        Whether nothing will come any more.
    """
    known_forces = [value for value in forces if value is not None and isfinite(value) and value > 0]
    if len(known_forces) > 1:
        return Trend(pk, "force", "eV/Å", tuple(known_forces[-KEPT:]), len(forces), final)
    known = [value for value in energies if value is not None and isfinite(value)]
    if len(known) > 1:
        return Trend(pk, "energy", "eV", tuple(known[-KEPT:]), len(energies), final)
    return Trend(pk, "", "", (), len(energies), final)
