"""decks.*: INCAR, KPOINTS, POSCAR and POTCAR symbols as text: what is wrong with them, and what differs."""

from enum import StrEnum
from typing import Annotated

from crystalmath_server.protocol.errors import ErrorCode
from crystalmath_server.protocol.method import Bound, Doc, Example, Length, Method, Params
from crystalmath_server.protocol.record import record
from crystalmath_server.protocol.structures import SI_POSCAR

DECK_FILES = ("INCAR", "KPOINTS", "POSCAR", "POTCAR.spec")
"""Files of a deck that are checked and may be edited."""

DeckText = Annotated[str, Length(0, 4_000_000)]


class Severity(StrEnum):
    """How much a problem matters."""

    ERROR = "error"  # VASP stops, or computes something else: jobs.submit refuses
    WARNING = "warning"  # likely not what is meant: jobs.submit wants it confirmed
    NOTE = "note"


@record
class DeckProblem:
    """One problem of a deck, with its place, reason and way out."""

    file: str
    line: Annotated[int, Doc("first line is 1; 0: the whole file")]
    column: Annotated[int, Doc("first column is 1; 0: the whole line")]
    severity: Severity
    code: Annotated[str, Doc("as incar.unknown_tag; stable")]
    text: Annotated[str, Doc("what is wrong, with the values at hand")]
    hint: Annotated[str, Doc("the way out")] = ""
    tag: Annotated[str, Doc("INCAR tag, where it is of one")] = ""


@record
class DeckFacts:
    """What a deck says of itself; None or empty where it is not known."""

    formula: str = ""
    n_sites: int | None = None
    spacegroup: Annotated[str, Doc("symbol and number, of sites alone")] = ""
    closest: Annotated[float | None, Doc("shortest distance between atoms", "Å")] = None
    electrons: Annotated[float | None, Doc("valence electrons of the POTCARs")] = None
    enmax: Annotated[float | None, Doc("largest ENMAX of the POTCARs", "eV")] = None
    encut: Annotated[float | None, Doc("ENCUT", "eV")] = None
    kpoints: Annotated[str, Doc("mesh or list of k-points, in words")] = ""
    n_kpoints: Annotated[int | None, Doc("k-points of the whole mesh or of the list")] = None
    n_irreducible: Annotated[int | None, Doc("k-points that symmetry leaves")] = None
    spacing: Annotated[
        tuple[float, ...], Doc("distance between k-points along each reciprocal vector, with 2π", "1/Å")
    ] = ()
    kpoints_times_atoms: Annotated[int | None, Doc("k-points of the whole mesh × atoms")] = None


@record
class CheckDeckParams(Params):
    """A deck as text."""

    files: Annotated[
        dict[str, DeckText], Doc("file name → text: INCAR, KPOINTS, POSCAR, POTCAR.spec (symbols) or POTCAR")
    ]
    tasks: Annotated[Annotated[int, Bound(1)] | None, Doc("MPI tasks that the job will have")] = None


@record
class DeckReport:
    """Problems, in the order of files and lines, and facts."""

    problems: tuple[DeckProblem, ...]
    facts: DeckFacts


_WORKER = (ErrorCode.WORKER_CRASHED, ErrorCode.WORKER_TIMEOUT)

DECKS_CHECK = Method(
    "decks.check",
    CheckDeckParams,
    DeckReport,
    "Check the input files of VASP.",
    errors=(ErrorCode.INVALID_FORM, *_WORKER),
    timeout_s=60,
    example=Example(
        {
            "files": {
                "INCAR": "ENCUTT = 520\nISMEAR = 0\nSIGMA = 0.05\n",
                "KPOINTS": "mesh\n0\nGamma\n4 4 4\n",
                "POSCAR": SI_POSCAR,
                "POTCAR.spec": "Si",
            },
            "tasks": 4,
        }
    ),
)
METHODS = (DECKS_CHECK,)
