"""KPOINTS text → its mesh or list, and the problems line by line; pure."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from crystalmath_server.domain.inputs.incar_values import real, whole
from crystalmath_server.domain.inputs.problems import ERROR, WARNING, in_file
from crystalmath_server.protocol.inputs import InputProblem, Severity

Kind = Literal["mesh", "length", "line", "list", "vectors"]
_FILE = "KPOINTS"
_DENSEST = 60


@dataclass(frozen=True, slots=True)
class Kpoints:
    """The content of a KPOINTS file.

    Attributes
    ----------
    mesh
        Divisions along the three reciprocal vectors; empty if it is not a mesh.
    count
        k-points in a list, or points per line segment; 0 for a mesh.
    points
        Coordinates of the list or of the ends of the line segments.
    """

    kind: Kind
    style: str
    mesh: tuple[int, ...] = ()
    shift: tuple[float, ...] = ()
    count: int = 0
    points: tuple[tuple[float, ...], ...] = ()

    def words(self) -> str:
        """A short description."""
        match self.kind:
            case "mesh":
                shift = f", shifted by {' '.join(f'{x:g}' for x in self.shift)}" if any(self.shift) else ""
                return f"{self.style} mesh {'×'.join(map(str, self.mesh))}{shift}"
            case "length":
                return f"mesh of length {self.mesh[0]}"
            case "line":
                return f"{len(self.points) // 2} lines of {self.count} points"
            case "list":
                return f"list of {self.count} points"
            case _:
                return "mesh with explicit generating vectors"


@dataclass(slots=True)
class _Lines:
    """Lines of a file by number, and the problems found so far."""

    rows: Sequence[str]
    problems: list[InputProblem]

    def words(self, number: int) -> list[str]:
        """Words of a line; empty past the end."""
        if number > len(self.rows):
            return []
        return self.rows[number - 1].split("!")[0].split("#")[0].split()

    def say(self, line: int, severity: Severity, code: str, text: str, hint: str) -> None:
        """Record a problem."""
        self.problems.append(in_file(_FILE, line, severity, f"kpoints.{code}", text, hint))


def read(text: str) -> tuple[Kpoints | None, tuple[InputProblem, ...]]:
    """The content of the file, or None if it is unclear, and the problems."""
    lines = _Lines(text.splitlines(), [])
    found = _read(lines)
    return found, tuple(lines.problems)


def _read(lines: _Lines) -> Kpoints | None:
    if not any(row.strip() for row in lines.rows):
        lines.say(
            0, ERROR, "empty", "the file is empty", "Give a mesh, or leave the file out and set KSPACING."
        )
        return None
    head = lines.words(2)
    count = whole(head[0]) if head else None
    if count is None:
        words = f"{' '.join(head)[:30]!r} is not a number of k-points"
        lines.say(2, ERROR, "count", words, "Write 0 for a mesh, or the number of points that follow.")
        return None
    style = (lines.words(3) or [""])[0]
    if not style:
        lines.say(
            3, ERROR, "style", "the third line names no scheme", "Write Gamma, Monkhorst-Pack, Line-mode …"
        )
        return None
    return _by_style(lines, count, style)


def _by_style(lines: _Lines, count: int, style: str) -> Kpoints | None:
    letter = style[0].lower()
    if letter == "l":
        return _line_mode(lines, count)
    if count > 0:
        return _list(lines, count, style)
    if letter in "gm":
        return _mesh(lines, "Gamma" if letter == "g" else "Monkhorst-Pack")
    if letter == "a":
        return _length(lines)
    if letter in "rck":
        return Kpoints("vectors", style) if _vectors(lines) else None
    text = f"{style[:20]!r} is not a scheme for a mesh"
    lines.say(3, ERROR, "style", text, "Write Gamma or Monkhorst-Pack.")
    return None


def _mesh(lines: _Lines, style: str) -> Kpoints | None:
    mesh = [whole(word) for word in lines.words(4)[:3]]
    numbers = [n for n in mesh if n is not None]
    if len(numbers) != 3:
        text = f"{' '.join(lines.words(4))[:30]!r} is not a mesh of three integers"
        lines.say(4, ERROR, "mesh", text, "Write three integers, e.g. 4 4 4.")
        return None
    if min(numbers) < 1:
        text = f"{' '.join(map(str, numbers))} has a division below 1"
        lines.say(4, ERROR, "mesh", text, "Write at least 1 in each direction.")
        return None
    if len(lines.words(4)) > 3:
        text = f"{' '.join(lines.words(4)[3:])[:20]!r} after the mesh is ignored, and pymatgen rejects it"
        lines.say(4, ERROR, "mesh", text, "Write only three integers; a shift goes on its own line.")
    if max(numbers) > _DENSEST:
        text = f"{max(numbers)} divisions in one direction are more than any crystal needs"
        lines.say(4, WARNING, "dense", text, "Use fewer divisions.")
    return Kpoints("mesh", style, tuple(numbers), _shift(lines))


def _shift(lines: _Lines) -> tuple[float, ...]:
    words = lines.words(5)
    if not words:
        return (0.0, 0.0, 0.0)
    shift = [x for word in words[:3] if (x := real(word)) is not None]
    if len(shift) != 3:
        text = f"{' '.join(words)[:30]!r} is not a shift of three numbers"
        lines.say(5, ERROR, "shift", text, "Write 0 0 0, or delete the line.")
        return (0.0, 0.0, 0.0)
    return tuple(shift)


def _length(lines: _Lines) -> Kpoints | None:
    words = lines.words(4)
    length = real(words[0]) if words else None
    if length is None or length <= 0:
        lines.say(4, ERROR, "mesh", "the length of an automatic mesh is missing", "Write a length, e.g. 30.")
        return None
    return Kpoints("length", "Automatic", (round(length),))


def _vectors(lines: _Lines) -> bool:
    for number in (4, 5, 6, 7):
        if _point(lines, number) is None:
            text = "a mesh with generating vectors needs three vectors and a shift"
            lines.say(number, ERROR, "vectors", text, "Write three numbers per line, or use Gamma.")
            return False
    return True


def _point(lines: _Lines, number: int) -> tuple[float, ...] | None:
    found = [x for word in lines.words(number)[:3] if (x := real(word)) is not None]
    return tuple(found) if len(found) == 3 else None


def _list(lines: _Lines, count: int, style: str) -> Kpoints | None:
    if style[0].lower() not in "rck":
        text = f"because the second line is {count}, {style[:20]!r} is read as Reciprocal"
        hint = "Write Reciprocal or Cartesian; for a mesh, write 0 in the second line."
        lines.say(3, ERROR if style[0].lower() in "gma" else WARNING, "style", text, hint)
    points: list[tuple[float, ...]] = []
    weights = 0.0
    for number in range(4, 4 + min(count, len(lines.rows))):
        point, weight = _point(lines, number), _weight(lines, number)
        if point is None or weight is None:
            _bad_point(lines, number, count, has_point=point is not None)
            return None
        points.append(point)
        weights += weight
    if len(points) < count:
        _bad_point(lines, 4 + len(points), count, has_point=False)
        return None
    if not weights or not math.isfinite(weights):
        lines.say(4, ERROR, "weights", "all weights are zero", "Give at least one point a weight.")
    return Kpoints("list", style, count=count, points=tuple(points))


def _weight(lines: _Lines, number: int) -> float | None:
    words = lines.words(number)
    return real(words[3]) if len(words) > 3 else None


def _bad_point(lines: _Lines, number: int, count: int, *, has_point: bool) -> None:
    if number > len(lines.rows) or not lines.words(number):
        there = number - 4
        text = f"the second line announces {count} points, but only {there} follow"
        lines.say(
            2, ERROR, "few_points", text, f"Write {there} in the second line, or add the missing points."
        )
    elif has_point:
        lines.say(
            number,
            ERROR,
            "weights",
            "this point has no weight",
            "Write its weight after the coordinates, e.g. 1.",
        )
    else:
        lines.say(
            number,
            ERROR,
            "point",
            "this is not a point of three numbers",
            "Write three numbers and a weight.",
        )


def _line_mode(lines: _Lines, count: int) -> Kpoints | None:
    if count < 2:
        lines.say(
            2, ERROR, "count", f"{count} points per line are too few", "Write the number of points, e.g. 20."
        )
        return None
    if (lines.words(4) or [""])[0][:1].lower() not in tuple("rck"):
        text = "line-mode needs Reciprocal or Cartesian in the fourth line"
        lines.say(4, ERROR, "style", text, "Write Reciprocal before the points.")
        return None
    points: list[tuple[float, ...]] = []
    for number in range(5, len(lines.rows) + 1):
        if not lines.words(number):
            continue
        point = _point(lines, number)
        if point is None:
            lines.say(number, ERROR, "point", "this is not a point of three numbers", "Write three numbers.")
            return None
        points.append(point)
    if not points or len(points) % 2:
        text = f"{len(points)} line ends do not form pairs"
        lines.say(len(lines.rows), ERROR, "line_ends", text, "Give two points for each line.")
        return None
    return Kpoints("line", "Line-mode", count=count, points=tuple(points))
