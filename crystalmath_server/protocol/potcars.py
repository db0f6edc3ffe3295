"""potcars.*: VASP's potentials on clusters."""

from dataclasses import field
from typing import Annotated

from crystalmath_server.protocol.error_codes import AIIDA, REMOTE, WORKER
from crystalmath_server.protocol.errors import ErrorCode
from crystalmath_server.protocol.method import Bound, Doc, Example, Json, Length, Method, Params
from crystalmath_server.protocol.record import record

FUNCTIONALS = (
    "PBE_54",
    "PBE_64",
    "PBE_52",
    "PBE",
    "LDA_54",
    "LDA_64",
    "LDA_52",
    "LDA",
    "PW91",
    "PBE_54_W_HASH",
    "PBE_52_W_HASH",
    "LDA_54_W_HASH",
    "LDA_52_W_HASH",
)
"""Functionals as pymatgen names them, the usual one first."""


@record
class CheckPotcarsParams(Params):
    """Which potentials on which computer: a list, what a template needs for a structure, or all."""

    cluster: Annotated[str, Length(1, 255), Doc("label of the cluster")]
    symbols: Annotated[
        tuple[Annotated[str, Length(1, 50)], ...],
        Length(0, 200),
        Doc("POTCAR symbol, as Fe_pv; none: all there"),
    ] = ()
    functional: Annotated[
        str, Length(0, 50), Doc("as pymatgen names it, as PBE_54; empty: the template's, else PBE_54")
    ] = ""
    structure_pk: Annotated[
        Annotated[int, Bound(1)] | None, Doc("pk of the structure node, in place of symbols")
    ] = None
    template: Annotated[str, Length(1, 200), Doc("template that chooses the symbols")] = "vasp.static"
    values: Annotated[dict[str, Json], Doc("form field name → value of the template")] = field(
        default_factory=dict[str, Json]
    )


@record
class Potcar:
    """One symbol that was looked for."""

    symbol: str
    found: bool
    titel: Annotated[str, Doc("TITEL of the file, the only line of it that is read")] = ""
    path: str = ""
    similar: Annotated[tuple[str, ...], Doc("other symbols of the element that are there")] = ()
    functionals: Annotated[tuple[str, ...], Doc("other functionals that have the symbol")] = ()
    note: Annotated[str, Doc("why it is not found, and the way out")] = ""


@record
class PotcarFolder:
    """One folder that holds potentials."""

    path: str
    functional: Annotated[str, Doc("by the folder's name; empty where the name tells none")]
    symbols: Annotated[int, Doc("how many symbols it has")]


@record
class PotcarCheck:
    """What is there, where was looked, and how to fix what is not."""

    cluster: str
    functional: str
    directory: Annotated[str, Doc("the cluster's potcar_dir, or pymatgen's folder on this machine")]
    ok: Annotated[bool, Doc("whether a job would find every symbol")]
    detail: Annotated[str, Doc("what was found, in words")]
    hint: Annotated[str, Doc("the way out; empty where nothing is to be done")]
    looked: Annotated[tuple[str, ...], Doc("folders in which this functional is looked for, in order")]
    potcars: tuple[Potcar, ...] = ()
    folders: tuple[PotcarFolder, ...] = ()


POTCARS_CHECK = Method(
    "potcars.check",
    CheckPotcarsParams,
    PotcarCheck,
    "Look which POTCARs a cluster has.",
    errors=(
        ErrorCode.NOT_FOUND,
        ErrorCode.INVALID_FORM,
        ErrorCode.FILE_UNREADABLE,
        ErrorCode.INVALID_TEMPLATE,
        ErrorCode.INVALID_STRUCTURE,
        ErrorCode.ENGINE_UNAVAILABLE,
        *REMOTE,
        *WORKER,
        *AIIDA,
    ),
    timeout_s=120,
    example=Example({"cluster": "localhost", "symbols": ["Si", "Fe_pv"], "functional": "PBE_54"}),
)
METHODS = (POTCARS_CHECK,)
