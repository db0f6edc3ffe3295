"""pymatgen's JSON of a structure → plain cell and sites, without importing pymatgen."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

from crystalmath_server.protocol.method import Json

Vector = tuple[float, float, float]

_ISOTOPES = {"D": "H", "T": "H"}


@dataclass(frozen=True, slots=True)
class PlainCrystal:
    """The part of a structure that AiiDA's StructureData can store.

    Attributes
    ----------
    cell
        Lattice vectors as rows, (3, 3) float [Å].
    sites
        Element symbol and Cartesian position [Å] of each site.
    """

    cell: tuple[Vector, Vector, Vector]
    pbc: tuple[bool, bool, bool]
    sites: tuple[tuple[str, Vector], ...]


def _vector(values: Sequence[float], name: str) -> Vector:
    if len(values) != 3:
        msg = f"{name} has {len(values)} components, not 3"
        raise ValueError(msg)
    return (float(values[0]), float(values[1]), float(values[2]))


def _element(site: Mapping[str, Any]) -> str:
    """The element of an ordered site, without oxidation state or spin."""
    species = cast("list[dict[str, Any]]", site["species"])
    if len(species) != 1 or abs(float(species[0].get("occu", 1)) - 1) > 1e-8:
        msg = "a site is disordered: " + " ".join(f"{row['element']}:{row.get('occu', 1)}" for row in species)
        raise ValueError(msg)
    symbol = str(species[0]["element"])
    return _ISOTOPES.get(symbol, symbol)


def _cartesian(site: Mapping[str, Any], cell: tuple[Vector, Vector, Vector]) -> Vector:
    if "abc" not in site:
        return _vector(site["xyz"], "a position")
    a, b, c = _vector(site["abc"], "a position")
    x, y, z = (a * cell[0][i] + b * cell[1][i] + c * cell[2][i] for i in range(3))
    return (x, y, z)


def raw_sites(crystal: PlainCrystal) -> list[dict[str, Any]]:
    """The sites in StructureData's format; each kind is named after its element."""
    return [{"kind_name": symbol, "position": list(position)} for symbol, position in crystal.sites]


def plain_crystal(document: Mapping[str, Json]) -> PlainCrystal:
    """Cell and sites of a structure.

    Parameters
    ----------
    document
        Output of pymatgen's `Structure.as_dict()`.

    Raises
    ------
    ValueError
        There is no cell, or a site is disordered.
    """
    lattice = cast("dict[str, Any] | None", document.get("lattice"))
    if not lattice:
        msg = "there is no cell: molecules cannot be stored as crystals"
        raise ValueError(msg)
    a, b, c = (_vector(row, "a lattice vector") for row in lattice["matrix"])
    pbc_x, pbc_y, pbc_z = (bool(value) for value in lattice.get("pbc", (True, True, True)))
    sites = cast("list[dict[str, Any]]", document["sites"])
    plain = tuple((_element(site), _cartesian(site, (a, b, c))) for site in sites)
    return PlainCrystal((a, b, c), (pbc_x, pbc_y, pbc_z), plain)


def formula_of(symbols: Sequence[str]) -> str:
    """Formula of the full cell in order of first appearance, e.g. Na4Cl4."""
    return "".join(f"{symbol}{count}" for symbol, count in Counter(symbols).items())


def _cross(u: Sequence[float], v: Sequence[float]) -> Vector:
    return (u[1] * v[2] - u[2] * v[1], u[2] * v[0] - u[0] * v[2], u[0] * v[1] - u[1] * v[0])


def _dot(u: Sequence[float], v: Sequence[float]) -> float:
    return u[0] * v[0] + u[1] * v[1] + u[2] * v[2]


def _fractional(position: Sequence[float], cell: Sequence[Sequence[float]]) -> list[float]:
    """Convert Cartesian to fractional coordinates with the reciprocal vectors."""
    volume = _dot(cell[0], _cross(cell[1], cell[2]))
    return [_dot(position, _cross(cell[(i + 1) % 3], cell[(i + 2) % 3])) / volume for i in range(3)]


def structure_document(
    cell: Sequence[Sequence[float]],
    pbc: Sequence[bool],
    kinds: Sequence[Mapping[str, Any]],
    sites: Sequence[Mapping[str, Any]],
) -> dict[str, Json]:
    """pymatgen-style JSON of a structure that AiiDA stores without such JSON.

    Parameters
    ----------
    cell
        Lattice vectors as rows, (3, 3) float [Å].
    kinds, sites
        Attributes of StructureData; weights below 1 give a disordered structure.
    """
    species = {
        str(kind["name"]): [
            {"element": symbol, "occu": weight}
            for symbol, weight in zip(kind["symbols"], kind["weights"], strict=True)
        ]
        for kind in kinds
    }
    rows: list[dict[str, Any]] = [
        {
            "species": species[str(site["kind_name"])],
            "abc": _fractional(site["position"], cell),
            "label": str(site["kind_name"]),
            "properties": {},
        }
        for site in sites
    ]
    document: dict[str, Any] = {
        "@module": "pymatgen.core.structure",
        "@class": "Structure",
        "charge": 0,
        "lattice": {"matrix": [list(row) for row in cell], "pbc": list(pbc)},
        "properties": {},
        "sites": rows,
    }
    return document
