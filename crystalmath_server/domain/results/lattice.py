"""Cell vectors → lengths, angles and volume."""

import math
from collections.abc import Sequence

from crystalmath_server.protocol.structures import Lattice


def lattice_of(cell: Sequence[Sequence[float]]) -> Lattice:
    """Lengths, angles and volume of a cell.

    Parameters
    ----------
    cell
        Lattice vectors as rows, (3, 3) float [Å]; a nonperiodic direction has a zero vector.

    Returns
    -------
    Lattice
        Lengths [Å], angles [°] (90 next to a zero vector), volume [Å³].
    """
    a, b, c = cell
    angles = (_angle(b, c), _angle(a, c), _angle(a, b))
    return Lattice(math.hypot(*a), math.hypot(*b), math.hypot(*c), *angles, volume=volume_of(cell))


def volume_of(cell: Sequence[Sequence[float]]) -> float:
    """Cell volume [Å³] from lattice vectors as rows, (3, 3) float [Å]."""
    a, b, c = cell
    cross = (b[1] * c[2] - b[2] * c[1], b[2] * c[0] - b[0] * c[2], b[0] * c[1] - b[1] * c[0])
    return abs(_dot(a, cross))


def _dot(u: Sequence[float], v: Sequence[float]) -> float:
    return sum(x * y for x, y in zip(u, v, strict=True))


def _angle(u: Sequence[float], v: Sequence[float]) -> float:
    lengths = math.hypot(*u) * math.hypot(*v)
    return math.degrees(math.acos(max(-1.0, min(1.0, _dot(u, v) / lengths)))) if lengths else 90.0
