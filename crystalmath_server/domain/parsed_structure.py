"""A structure as plain data, made by the worker."""

from collections.abc import Mapping
from dataclasses import dataclass

from crystalmath_server.protocol.method import Json
from crystalmath_server.protocol.structures import Lattice, Site


@dataclass(frozen=True, slots=True)
class ParsedStructure:
    """Cell, sites and symmetry.

    Attributes
    ----------
    document
        pymatgen's own JSON: keeps what AiiDA's StructureData cannot (site properties, oxidation, charge).
    digest
        SHA-256 of the canonical JSON of `document`: the same structure has the same digest.
    """

    document: Mapping[str, Json]
    digest: str
    formula: str
    elements: tuple[str, ...]
    n_sites: int
    lattice: Lattice
    spacegroup: str
    density_g_cm3: float
    sites: tuple[Site, ...]
    poscar: str
