"""CIF files of any size: pymatgen's reader, with an index in place of its search through all sites; in the worker.

For each atom and symmetry operation pymatgen compares with all sites so far: a CIF of 5000 atoms takes minutes.
Here the same two functions look at the sites nearby, so the structure is the same, to the last digit.
"""

import contextlib
import itertools
from collections import defaultdict
from collections.abc import Generator, Sequence
from typing import Any

import numpy as np
from pymatgen.core import Structure
from pymatgen.io import cif

Coord = Sequence[float]
_CELLS_A_TOLERANCE = 0.4
"""A cell of the index is 2.5 tolerances wide, so that a match is in the nearer half's neighbor at most."""


def structure_of(text: str) -> Structure:
    """The first structure of a CIF as it is there, primitive or not."""
    with _indexed():
        return Structure.from_str(text, fmt="cif", primitive=False)


@contextlib.contextmanager
def _indexed() -> Generator[None]:
    """Have pymatgen's reader search by an index; never in a process that does other work meanwhile."""
    before = cif.find_in_coord_list_pbc, cif.in_coord_list_pbc
    index = SiteIndex()
    cif.find_in_coord_list_pbc, cif.in_coord_list_pbc = index.find, index.holds
    try:
        yield
    finally:
        cif.find_in_coord_list_pbc, cif.in_coord_list_pbc = before


class SiteIndex:
    """Sites of one list at a time, which may grow between two searches, on a periodic grid."""

    def __init__(self) -> None:
        self._start((), 1.0)

    def find(self, coords: Sequence[Coord], coord: Coord, atol: float = 1e-8) -> Any:
        """As pymatgen's find_in_coord_list_pbc: indices of the sites that match a coordinate."""
        self._follow(coords, atol)
        near = itertools.chain.from_iterable(self._cells.get(key, ()) for key in self._keys(coord))
        return np.array(sorted(i for i in near if _same(coords[i], coord, atol)), dtype=np.int_)

    def holds(self, coords: Sequence[Coord], coord: Coord, atol: float = 1e-8) -> bool:
        """As pymatgen's in_coord_list_pbc."""
        return len(self.find(coords, coord, atol)) > 0

    def _start(self, coords: Sequence[Coord], atol: float) -> None:
        self._atol = atol
        self._n = max(1, int(_CELLS_A_TOLERANCE / atol))
        self._cells: defaultdict[int, list[int]] = defaultdict(list)
        self._known = 0
        self._ends: tuple[object, object] = (None, None)
        self._add(coords)

    def _follow(self, coords: Sequence[Coord], atol: float) -> None:
        """Add what is new; another list is known by its first and last site that are already known."""
        known = self._known
        same = atol == self._atol and 0 < known <= len(coords)
        if same and coords[0] is self._ends[0] and coords[known - 1] is self._ends[1]:
            self._add(coords)
        else:
            self._start(coords, atol)

    def _add(self, coords: Sequence[Coord]) -> None:
        for i in range(self._known, len(coords)):
            x, y, z = (int(part) % self._n for part in self._scaled(coords[i]))
            self._cells[(x * self._n + y) * self._n + z].append(i)
        self._known = len(coords)
        self._ends = (coords[0], coords[-1]) if len(coords) else (None, None)

    def _scaled(self, coord: Coord) -> list[float]:
        return [(float(x) - float(x) // 1) * self._n for x in coord]

    def _keys(self, coord: Coord) -> set[int]:
        """Cells in which a match may be: of each axis the cell, and its neighbor on the nearer side."""
        n = self._n
        axes = [(int(t) % n, (int(t) + (1 if t % 1 >= 0.5 else -1)) % n) for t in self._scaled(coord)]
        return {(x * n + y) * n + z for x, y, z in itertools.product(*axes)}


def _same(a: Coord, b: Coord, atol: float) -> bool:
    """Whether two sites differ by less than a tolerance and whole cells."""
    differences = [float(x) - float(y) for x, y in zip(a, b, strict=True)]
    return all(abs(d - round(d)) < atol for d in differences)
