"""potcars.*: VASP potentials on clusters."""

from dataclasses import field
from typing import Annotated

from crystalmath_server.protocol.clusters import LOCALHOST
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
"""Functionals by pymatgen's names, the default first."""


@record
class CheckPotcarsParams(Params):
    """Potentials to look for on a cluster: a list, those a template needs for a structure, or all."""

    cluster: Annotated[str, Length(1, 255), Doc("label of the cluster")]
    symbols: Annotated[
        tuple[Annotated[str, Length(1, 50)], ...],
        Length(0, 200),
        Doc("POTCAR symbols, e.g. Fe_pv; empty: all on the cluster"),
    ] = ()
    functional: Annotated[
        str, Length(0, 50), Doc("pymatgen's name, e.g. PBE_54; empty: the template's functional, or PBE_54")
    ] = ""
    structure_pk: Annotated[
        Annotated[int, Bound(1)] | None, Doc("pk of the structure node, instead of symbols")
    ] = None
    template: Annotated[str, Length(1, 200), Doc("template that chooses the symbols")] = "vasp.static"
    values: Annotated[dict[str, Json], Doc("form field name → value of the template")] = field(
        default_factory=dict[str, Json]
    )


@record
class Potcar:
    """One requested POTCAR symbol."""

    symbol: str
    found: bool
    titel: Annotated[str, Doc("TITEL line of the POTCAR; no other line is read")] = ""
    path: str = ""
    similar: Annotated[tuple[str, ...], Doc("other symbols available for the element")] = ()
    functionals: Annotated[tuple[str, ...], Doc("other functionals with this symbol")] = ()
    note: Annotated[str, Doc("why the symbol was not found, and what to do")] = ""


@record
class PotcarFolder:
    """One folder that holds potentials."""

    path: str
    functional: Annotated[str, Doc("functional from the folder name; empty: unknown")]
    symbols: Annotated[int, Doc("number of symbols in the folder")]


@record
class PotcarCheck:
    """Potentials found, folders searched, and how to fix missing ones."""

    cluster: str
    functional: str
    directory: Annotated[str, Doc("the cluster's potcar_dir, or pymatgen's folder on this machine")]
    ok: Annotated[bool, Doc("whether a job would find every symbol")]
    detail: Annotated[str, Doc("summary of the findings")]
    hint: Annotated[str, Doc("what to do; empty if nothing")]
    looked: Annotated[tuple[str, ...], Doc("folders searched for this functional, in order")]
    potcars: tuple[Potcar, ...] = ()
    folders: tuple[PotcarFolder, ...] = ()


POTCARS_CHECK = Method(
    "potcars.check",
    CheckPotcarsParams,
    PotcarCheck,
    "Check which POTCARs a cluster has.",
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
    example=Example({"cluster": LOCALHOST, "symbols": ["Si", "Fe_pv"], "functional": "PBE_54"}),
)
METHODS = (POTCARS_CHECK,)
