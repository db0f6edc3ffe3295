"""The last steps of a job as a short row of numbers: largest force or energy; pure functions."""

from collections.abc import Sequence
from math import isfinite

from crystalmath_server.protocol.progress import Trend

KEPT = 32
"""Number of steps in a trend."""


def trend_of(
    pk: int, energies: Sequence[float | None], forces: Sequence[float | None], *, final: bool
) -> Trend:
    """The forces if at least two are known, else the energies; empty if there are neither.

    Parameters
    ----------
    energies, forces
        Values of all known steps, oldest first [eV], [eV/Å].
    final
        Whether the job has ended, so no more steps follow.
    """
    known_forces = [value for value in forces if value is not None and isfinite(value) and value > 0]
    if len(known_forces) > 1:
        return Trend(pk, "force", "eV/Å", tuple(known_forces[-KEPT:]), len(forces), final)
    known = [value for value in energies if value is not None and isfinite(value)]
    if len(known) > 1:
        return Trend(pk, "energy", "eV", tuple(known[-KEPT:]), len(energies), final)
    return Trend(pk, "", "", (), len(energies), final)
