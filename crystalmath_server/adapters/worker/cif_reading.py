"""Fast CIF reading: pymatgen's parser with a spatial index of the sites; runs in the worker.

pymatgen compares each symmetry image of each atom with all previous sites: 5000 atoms take minutes.
The index finds nearby sites. All other code is pymatgen's, so the structure is identical to the last digit.
"""

import itertools
import math
import warnings
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from typing import Any, cast

import numpy as np
from pymatgen.core import Composition, DummySpecies, Element, Lattice, Species, Structure, get_el_sp
from pymatgen.electronic_structure.core import Magmom
from pymatgen.io.cif import CifBlock, CifParser, str2float

Coord = tuple[float, float, float]
_PLANES = ((1, 0, 0), (0, 1, 0), (0, 0, 1))
_HIDDEN = ("Wat", "wat", "O-H")
"""Symbols for atoms with implicit hydrogen, which pymatgen adds."""
_WATER = {Element("O"), Element("H")}
_CELLS_A_TOLERANCE = 0.4
"""Index cells are 2.5 tolerances wide, so matches are in a cell or its nearer neighbor."""


def structure_of(text: str) -> Structure:
    """The first structure of a CIF, not reduced to a primitive cell; raises ValueError."""
    return IndexedCifParser.from_str(text).parse_structures(primitive=False)[0]


class IndexedCifParser(CifParser):
    """Parses ordinary structures; leaves magnetic ones and implicit hydrogen to pymatgen."""

    feature_flags: dict[str, bool]
    check_cif: bool
    _site_tolerance: float
    _occupancy_tolerance: float

    def _get_structure(
        self,
        data: CifBlock,
        primitive: bool,  # noqa: FBT001  pymatgen's signature
        symmetrized: bool,  # noqa: FBT001
        check_occu: bool = False,  # noqa: FBT001, FBT002
        min_thickness: float = 0.01,
    ) -> Structure | None:
        """The structure, like the parent; None if there are no atoms."""
        words = data.data.get("_atom_site_type_symbol", data.data.get("_atom_site_label", ()))
        odd = primitive or symmetrized or not check_occu or any(self.feature_flags.values())
        odd = odd or any(word.startswith(_HIDDEN) for word in words)
        lattice = None if odd else self.get_lattice(data)
        if lattice is not None and all(lattice.d_hkl(plane) >= min_thickness for plane in _PLANES):
            found = self._ordinary(data, lattice)
            if found is not None:
                return found
        return super()._get_structure(data, primitive, symmetrized, check_occu, min_thickness)

    def _ordinary(self, data: CifBlock, lattice: Lattice) -> Structure | None:
        """The structure, or None if a site has implicit hydrogen."""
        self.symmetry_operations = cast("Any", self.get_symops(data))
        sites, labels = self._sites(data)
        species: list[Composition] = []
        coords: list[Any] = []
        names: list[str] = []
        for composition, group in itertools.groupby(_in_order(sites), key=lambda row: row[1]):
            if set(composition.elements) == _WATER:
                return None
            found, _, their_names = self._unique_coords([coord for coord, _ in group], labels=labels)
            coords += found
            names += their_names
            species += len(found) * [self._scale(composition)]
        if not species:
            return None
        made = Structure(
            lattice, species, coords, labels=names if any(names) else None
        ).get_sorted_structure()
        if self.check_cif and (reason := self.check(made)):
            warnings.warn(reason, stacklevel=2)
        return made

    def _sites(self, data: CifBlock) -> tuple[dict[Coord, Composition], dict[Coord, str]]:
        """Composition and label at each coordinate; sums atoms that symmetry maps to one position."""
        sites: dict[Coord, Composition] = {}
        labels: dict[Coord, str] = {}
        index, order = SiteIndex(self._site_tolerance), list[Coord]()
        for coord, composition, label in self._rows(data):
            images = (index.find(op.operate(coord)) for op in self.symmetry_operations)
            first = next((found[0] for found in images if found), None)
            if first is not None:
                sites[order[first]] += composition
                labels[order[first]] = label
                continue
            if coord not in sites:
                index.add(coord)
                order.append(coord)
            sites[coord] = composition
            labels[coord] = label
        return sites, labels

    def _rows(self, data: CifBlock) -> Iterator[tuple[Coord, Composition, str]]:
        """Coordinate, composition and label of each atom with nonzero occupancy."""
        oxidation = self._parse_oxi_states(data)
        known: dict[tuple[Any, float], Composition] = {}
        symbol_of = lru_cache(self._parse_symbol)
        words = data.data.get("_atom_site_type_symbol", data["_atom_site_label"])
        for i, label in enumerate(data["_atom_site_label"]):
            symbol, occupancy = symbol_of(words[i]), _occupancy(data, i)
            if not symbol or occupancy <= 0:
                continue
            typed = "_atom_site_type_symbol" in data.data
            key = (_species(symbol, words[i] if typed else symbol, oxidation), max(occupancy, 1e-8))
            if key not in known:
                known[key] = Composition({key[0]: key[1]})
            x, y, z = (str2float(data[f"_atom_site_fract_{axis}"][i]) for axis in "xyz")
            yield (x, y, z), known[key], label

    def _unique_coords(
        self, coords: Any, magmoms: Any = None, lattice: Any = None, labels: Any = None
    ) -> tuple[list[Any], list[Any], list[str]]:
        """Unique images of the coordinates under all symmetry operations, like the parent."""
        if magmoms:
            return super()._unique_coords(coords, magmoms, lattice, labels)
        index, found, names = SiteIndex(self._site_tolerance), list[Any](), list[str]()
        for coord in coords:
            for operation in self.symmetry_operations:
                image = np.array([x - math.floor(x) for x in operation.operate(coord)])
                if not index.find(image):
                    index.add(image)
                    found.append(image)
                    names.append((labels or {}).get(coord, "no_label"))
        return found, [Magmom(0)] * len(found), names

    def _scale(self, composition: Composition) -> Composition:
        total = sum(composition.values())
        if total > self._occupancy_tolerance:
            msg = f"Occupancy {total} exceeded tolerance."
            raise ValueError(msg)
        return composition / total if total > 1 else composition


def _occupancy(data: CifBlock, i: int) -> float:
    try:
        return str2float(data["_atom_site_occupancy"][i])
    except (KeyError, ValueError):
        return 1


def _species(symbol: str, typed: str, oxidation: dict[str, float] | None) -> Any:
    """The element, with its oxidation state if the file gives one."""
    if oxidation is None:
        return get_el_sp(symbol)
    state = oxidation.get(typed, oxidation.get(symbol, 0))
    try:
        return Species(symbol, state)
    except Exception:  # noqa: BLE001  same as pymatgen
        return DummySpecies(symbol, state)


def _in_order(sites: dict[Coord, Composition]) -> list[tuple[Coord, Composition]]:
    """Sites sorted by composition; thousands of sites share a few composition objects."""
    places: dict[int, int] = {}
    before: Composition | None = None
    for one in sorted({id(one): one for one in sites.values()}.values()):
        places[id(one)] = len(places) if before is None or before < one else places[id(before)]
        before = one
    return sorted(sites.items(), key=lambda row: places[id(row[1])])


class SiteIndex:
    """Fractional coordinates on a periodic grid; finds the same matches as find_in_coord_list_pbc."""

    def __init__(self, tolerance: float) -> None:
        self._tolerance = tolerance
        self._n = max(1, int(_CELLS_A_TOLERANCE / tolerance))
        self._sites: list[list[float]] = []
        self._cells: defaultdict[int, list[int]] = defaultdict(list)

    def add(self, coord: Iterable[float]) -> None:
        """Add a site."""
        site = list(map(float, coord))
        x, y, z = (int(part) % self._n for part in self._on_grid(site))
        self._cells[(x * self._n + y) * self._n + z].append(len(self._sites))
        self._sites.append(site)

    def find(self, coord: Iterable[float]) -> list[int]:
        """Indices of sites that match up to lattice translations, in the order they were added."""
        site = list(map(float, coord))
        near = itertools.chain.from_iterable(self._cells.get(key, ()) for key in self._keys(site))
        return sorted(i for i in near if self._same(self._sites[i], site))

    def _on_grid(self, site: Sequence[float]) -> list[float]:
        return [(x - x // 1) * self._n for x in site]

    def _keys(self, site: Sequence[float]) -> set[int]:
        """Cells that may contain a match: on each axis, the site's own cell and the nearer neighbor."""
        n = self._n
        axes = [(int(t) % n, (int(t) + (1 if t % 1 >= 0.5 else -1)) % n) for t in self._on_grid(site)]
        return {(x * n + y) * n + z for x, y, z in itertools.product(*axes)}

    def _same(self, a: Sequence[float], b: Sequence[float]) -> bool:
        differences = [x - y for x, y in zip(a, b, strict=True)]
        return all(abs(d - round(d)) < self._tolerance for d in differences)
