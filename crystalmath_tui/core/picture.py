"""A crystal drawn as text, rotated: its cell as dots, its atoms as symbols; pure."""

import math
from collections.abc import Sequence
from typing import NamedTuple

from crystalmath_server.protocol.record import record
from crystalmath_server.protocol.structures import Lattice, Site
from crystalmath_tui.core.braille import ACROSS, DOWN, Canvas
from crystalmath_tui.core.cells import char_width, clean
from crystalmath_tui.core.lines import Line, Size

MOST_ATOMS = 500
_EDGES = tuple((i, i | bit) for i in range(8) for bit in (1, 2, 4) if not i & bit)
_NEAR, _MIDDLE, _FAR = "strong", "accent", "dim"
_SAME = 1e-3
_LONGEST = 1e6


class Vector(NamedTuple):
    """Cartesian coordinates [Å]."""

    x: float
    y: float
    z: float


_ZERO = Vector(0.0, 0.0, 0.0)


@record
class View:
    """Rotation about the vertical axis, and forward tilt [°]."""

    yaw: float = 25.0
    pitch: float = 20.0

    def rotate(self, yaw: float, pitch: float) -> "View":
        """Turned further."""
        return View((self.yaw + yaw) % 360, (self.pitch + pitch) % 360)


@record
class Crystal:
    """Cell vectors [Å], and the symbol and position [Å] of each atom."""

    cell: tuple[Vector, Vector, Vector]
    atoms: tuple[tuple[str, Vector], ...]


def crystal_of(lattice: Lattice, sites: Sequence[Site]) -> Crystal:
    """The atoms of the cell, with face atoms repeated on opposite faces; None if it is not a cell."""
    lengths, angles = (lattice.a, lattice.b, lattice.c), (lattice.alpha, lattice.beta, lattice.gamma)
    if not all(0 < one < _LONGEST for one in (*lengths, *angles)):
        return Crystal((_ZERO, _ZERO, _ZERO), ())
    cell = vectors_of(lattice)
    known = [site for site in sites[:MOST_ATOMS] if all(abs(part) < _LONGEST for part in site.frac)]
    places = [(site.species, _images(site.frac)) for site in known]
    return Crystal(cell, tuple((name, _at(cell, frac)) for name, images in places for frac in images))


def vectors_of(lattice: Lattice) -> tuple[Vector, Vector, Vector]:
    """Lattice vectors, with a along x and b in the xy plane."""
    alpha, beta, gamma = (math.radians(angle) for angle in (lattice.alpha, lattice.beta, lattice.gamma))
    sin_gamma = math.sin(gamma) or 1.0
    x = math.cos(beta)
    y = (math.cos(alpha) - math.cos(beta) * math.cos(gamma)) / sin_gamma
    z = math.sqrt(max(0.0, 1 - x * x - y * y))
    return (
        Vector(lattice.a, 0.0, 0.0),
        Vector(lattice.b * math.cos(gamma), lattice.b * math.sin(gamma), 0.0),
        Vector(lattice.c * x, lattice.c * y, lattice.c * z),
    )


def draw(crystal: Crystal, view: View, size: Size) -> tuple[Line, ...]:
    """The crystal at exactly `size`, scaled to fit in any orientation."""
    canvas = Canvas(size)
    corners = [_at(crystal.cell, tuple(float(i >> bit & 1) for bit in range(3))) for i in range(8)]
    middle = Vector(*(sum(axis) / 8 for axis in zip(*corners, strict=True)))
    places = [_rotate(_less(place, middle), view) for place in corners]
    reach = max((math.hypot(*place) for place in places), default=0.0)
    if size.rows < 1 or size.cols < 1 or not 0 < reach < math.inf:
        return canvas.lines()
    scale = 0.95 * min(size.cols * ACROSS, size.rows * DOWN) / (2 * reach)
    dots = [_dot(place, scale, size) for place in places]
    for start, end in _EDGES:
        canvas.line((dots[start], dots[end]), "rule", 0 if min(start, end) == 0 else 2)
    atoms = [(name, _rotate(_less(place, middle), view)) for name, place in crystal.atoms]
    for name, place in sorted(atoms, key=lambda atom: atom[1].y, reverse=True):  # nearest last, on top
        _put(canvas, name, _dot(place, scale, size), _style(place.y, reach))
    for i, name in ((1, "a"), (2, "b"), (4, "c")):
        _put(canvas, name, _dot(_beyond(places[0], places[i]), scale, size), "heading")
    return canvas.lines()


def _beyond(start: Vector, end: Vector) -> Vector:
    """A point slightly beyond the end, clear of atoms."""
    x, y, z = (one + 1.12 * (other - one) for one, other in zip(start, end, strict=True))
    return Vector(x, y, z)


def _put(canvas: Canvas, name: str, dot: tuple[int, int], style: str) -> None:
    row, col = dot[1] // DOWN, dot[0] // ACROSS
    for place, char in enumerate(clean(name)[:2]):
        canvas.text(row, col + place, char if char_width(char) == 1 else "?", style)


def _style(depth: float, reach: float) -> str:
    """A style by depth: near atoms stand out, far atoms recede."""
    if depth < -reach / 4:
        return _NEAR
    return _FAR if depth > reach / 4 else _MIDDLE


def _dot(point: Vector, scale: float, size: Size) -> tuple[int, int]:
    """Canvas position of a rotated point: x to the right, z up, y into the screen."""
    middle_x, middle_y = size.cols * ACROSS / 2, size.rows * DOWN / 2
    return round(middle_x + point.x * scale), round(middle_y - point.z * scale)


def _rotate(point: Vector, view: View) -> Vector:
    yaw, pitch = math.radians(view.yaw), math.radians(view.pitch)
    x = point.x * math.cos(yaw) - point.y * math.sin(yaw)
    y = point.x * math.sin(yaw) + point.y * math.cos(yaw)
    depth = y * math.cos(pitch) - point.z * math.sin(pitch)
    return Vector(x, depth, y * math.sin(pitch) + point.z * math.cos(pitch))


def _less(point: Vector, other: Vector) -> Vector:
    return Vector(point.x - other.x, point.y - other.y, point.z - other.z)


def _at(cell: Sequence[Vector], frac: Sequence[float]) -> Vector:
    x, y, z = (sum(frac[i] * cell[i][axis] for i in range(3)) for axis in range(3))
    return Vector(x, y, z)


def _images(frac: Sequence[float]) -> list[tuple[float, ...]]:
    """A site inside the cell and, if it is on a face, its image on the opposite face."""
    found: list[tuple[float, ...]] = [()]
    for part in frac:
        inside = part % 1.0
        ends = (0.0, 1.0) if min(inside, 1 - inside) < _SAME else (inside,)
        found = [(*one, end) for one in found for end in ends]
    return found
