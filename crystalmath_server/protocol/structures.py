"""structures.*: crystal structures and molecules."""

from typing import Annotated

from crystalmath_server.protocol.error_codes import AIIDA, WORKER
from crystalmath_server.protocol.errors import ErrorCode
from crystalmath_server.protocol.method import Bound, Doc, Example, Length, LocalPath, Method, Params, Uuid
from crystalmath_server.protocol.record import record

SI_POSCAR = """Si2
1.0
0.0 2.7 2.7
2.7 0.0 2.7
2.7 2.7 0.0
Si
2
direct
0.0 0.0 0.0
0.25 0.25 0.25
"""


@record
class ImportStructureParams(Params):
    """A structure to import, as text or as a file readable by the server, but not both."""

    text: Annotated[str, Length(0, 8_000_000), Doc("content of the file")] = ""
    path: Annotated[str, Doc("absolute path of the file"), LocalPath()] = ""
    format: Annotated[
        str, Doc("pymatgen's format name: cif, poscar, …; empty: detect from name and content")
    ] = ""
    label: Annotated[str, Length(0, 255), Doc("label of the node; empty: the formula")] = ""


@record
class StructurePk(Params):
    """A structure by pk."""

    pk: Annotated[int, Bound(1), Doc("pk of the structure node")]


@record
class ListStructuresParams(Params):
    """Filters of the list of structures, newest first."""

    search: Annotated[str, Length(0, 255), Doc("part of the label or formula")] = ""
    limit: Annotated[int, Bound(1, 500)] = 100
    cursor: Annotated[str, Doc("next_cursor of the previous page")] = ""


@record
class Lattice:
    """Cell lengths, angles and volume."""

    a: Annotated[float, Doc("length", "Å")]
    b: Annotated[float, Doc("length", "Å")]
    c: Annotated[float, Doc("length", "Å")]
    alpha: Annotated[float, Doc("angle", "°")]
    beta: Annotated[float, Doc("angle", "°")]
    gamma: Annotated[float, Doc("angle", "°")]
    volume: Annotated[float, Doc("cell volume", "Å³")]


@record
class Site:
    """One atom."""

    species: str
    frac: Annotated[tuple[float, float, float], Doc("fractional coordinates")]


@record
class StructureRow:
    """One structure in a list."""

    pk: int
    uuid: Uuid
    label: str
    formula: Annotated[str, Doc("formula of the whole cell, e.g. Si2")]
    n_sites: int
    created_at: Annotated[float, Doc("UNIX time", "s")]


@record
class StructureDetail:
    """One structure with its cell and sites."""

    row: StructureRow
    lattice: Lattice
    spacegroup: Annotated[str, Doc("symbol and number with a tolerance of 0.01 Å, e.g. Fd-3m (227)")]
    density_g_cm3: Annotated[float, Doc("density", "g/cm³")]
    sites: Annotated[tuple[Site, ...], Doc("the first 1000 sites")]
    poscar: str
    reused: Annotated[bool, Doc("whether the structure was already stored")] = False


@record
class StructurePage:
    """A page of structures."""

    rows: tuple[StructureRow, ...]
    next_cursor: Annotated[str, Doc("empty on the last page")]


STRUCTURES_IMPORT = Method(
    "structures.import",
    ImportStructureParams,
    StructureDetail,
    "Store a structure from text or from a file.",
    errors=(ErrorCode.INVALID_FORM, ErrorCode.INVALID_STRUCTURE, ErrorCode.FILE_UNREADABLE, *WORKER, *AIIDA),
    effect="write",
    timeout_s=60,
    example=Example({"text": SI_POSCAR, "format": "poscar", "label": "silicon"}),
)
STRUCTURES_LIST = Method(
    "structures.list",
    ListStructuresParams,
    StructurePage,
    "List stored structures.",
    errors=AIIDA,
    timeout_s=30,
    example=Example({"search": "Si", "limit": 10}),
)
STRUCTURES_SHOW = Method(
    "structures.show",
    StructurePk,
    StructureDetail,
    "Show a structure.",
    errors=(ErrorCode.NOT_FOUND, *AIIDA),
    timeout_s=30,
    example=Example({"pk": 1}),
)
METHODS = (STRUCTURES_IMPORT, STRUCTURES_LIST, STRUCTURES_SHOW)
