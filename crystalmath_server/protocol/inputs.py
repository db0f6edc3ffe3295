"""inputs.*: INCAR, KPOINTS, POSCAR and POTCAR symbols as text: what is wrong with them, and what differs."""

from dataclasses import field
from enum import StrEnum
from typing import Annotated, Literal

from crystalmath_server.protocol.error_codes import AIIDA, WORKER
from crystalmath_server.protocol.errors import ErrorCode
from crystalmath_server.protocol.method import Bound, Doc, Example, FileText, Json, Length, Method, Params
from crystalmath_server.protocol.record import record
from crystalmath_server.protocol.structures import SI_POSCAR

INPUTS_FILES = ("INCAR", "KPOINTS", "POSCAR", "POTCAR.spec")
"""Files of a set of input files that are checked and may be edited."""

InputText = Annotated[str, Length(0, 4_000_000), FileText()]


class Severity(StrEnum):
    """How much a problem matters."""

    ERROR = "error"  # VASP stops, or computes something else: jobs.submit refuses
    WARNING = "warning"  # likely not what is meant: jobs.submit wants it confirmed
    NOTE = "note"


@record
class InputProblem:
    """One problem of a set of input files, with its place, reason and way out."""

    file: str
    line: Annotated[int, Doc("first line is 1; 0: the whole file")]
    column: Annotated[int, Doc("first column is 1; 0: the whole line")]
    severity: Severity
    code: Annotated[str, Doc("as incar.unknown_tag; stable")]
    text: Annotated[str, Doc("what is wrong, with the values at hand")]
    hint: Annotated[str, Doc("the way out")] = ""
    tag: Annotated[str, Doc("INCAR tag, where it is of one")] = ""


@record
class InputFacts:
    """What a set of input files says of itself; None or empty where it is not known."""

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
class CheckInputsParams(Params):
    """A set of input files as text."""

    files: Annotated[
        dict[str, InputText], Doc("file name → text: INCAR, KPOINTS, POSCAR, POTCAR.spec (symbols) or POTCAR")
    ]
    tasks: Annotated[Annotated[int, Bound(1)] | None, Doc("MPI tasks that the job will have")] = None


@record
class InputReport:
    """Problems, in the order of files and lines, and facts."""

    problems: tuple[InputProblem, ...]
    facts: InputFacts


INPUTS_CHECK = Method(
    "inputs.check",
    CheckInputsParams,
    InputReport,
    "Check the VASP input files.",
    errors=(ErrorCode.INVALID_FORM, *WORKER),
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


@record
class InputSource:
    """Where a set of input files comes from: texts, a job, or a template on a structure."""

    files: Annotated[dict[str, InputText], Doc("file name → text")] = field(default_factory=dict[str, str])
    job_pk: Annotated[Annotated[int, Bound(1)] | None, Doc("pk of a VASP job")] = None
    template: Annotated[str, Length(0, 200), Doc("VASP template")] = ""
    structure_pk: Annotated[Annotated[int, Bound(1)] | None, Doc("structure that the template is given")] = (
        None
    )
    values: Annotated[dict[str, Json], Doc("form field name → value of the template")] = field(
        default_factory=dict[str, Json]
    )


@record
class DiffInputsParams(Params):
    """Two input files."""

    left: Annotated[InputSource, Doc("the input files before: files, job_pk, or template and structure_pk")]
    right: Annotated[InputSource, Doc("the input files after: files, job_pk, or template and structure_pk")]


@record
class TagChange:
    """One INCAR tag that differs."""

    tag: str
    change: Literal["added", "removed", "changed"]
    left: str = ""
    right: str = ""


@record
class StructureChange:
    """How far two structures are apart; None where it cannot be told."""

    same: bool
    words: Annotated[str, Doc("in words; empty where nothing differs")] = ""
    rms: Annotated[float | None, Doc("root mean square of displacements", "Å")] = None
    largest: Annotated[float | None, Doc("largest displacement", "Å")] = None
    volume_change: Annotated[float | None, Doc("relative change of volume", "%")] = None


@record
class InputDiff:
    """What differs between two input files, by meaning and line by line."""

    same: Annotated[bool, Doc("whether both mean the same, comments and order aside")]
    tags: tuple[TagChange, ...]
    kpoints: Annotated[tuple[str, str] | None, Doc("k-points left and right, where they differ")]
    potentials: Annotated[tuple[str, str] | None, Doc("POTCAR symbols left and right, where they differ")]
    structure: Annotated[StructureChange | None, Doc("where both have a readable POSCAR")]
    texts: Annotated[dict[str, str], Doc("file name → unified diff, where the texts differ")]


INPUTS_DIFF = Method(
    "inputs.diff",
    DiffInputsParams,
    InputDiff,
    "Compare the VASP input files of jobs, templates and texts.",
    errors=(
        ErrorCode.NOT_FOUND,
        ErrorCode.INVALID_FORM,
        ErrorCode.INVALID_TEMPLATE,
        ErrorCode.INVALID_STRUCTURE,
        ErrorCode.ENGINE_UNAVAILABLE,
        *WORKER,
        *AIIDA,
    ),
    timeout_s=120,
    example=Example(
        {
            "left": {"files": {"INCAR": "ENCUT = 520\nEDIFF = 1e-5\n", "POSCAR": SI_POSCAR}},
            "right": {"files": {"INCAR": "EDIFF = 0.00001\nENCUT = 400\n", "POSCAR": SI_POSCAR}},
        }
    ),
)


@record
class ListTagsParams(Params):
    """Which tags of INCAR."""

    search: Annotated[str, Length(0, 100), Doc("part of a name, or a word of what it does; empty: all")] = ""


@record
class KnownTag:
    """What is known of one tag of INCAR."""

    name: str
    kind: Annotated[str, Doc("bool, int, float, list, str or bool | str; empty where it is not known")]
    values: Annotated[tuple[str, ...], Doc("what it may be; empty: anything of its kind")] = ()
    default: Annotated[str, Doc("VASP's own; empty where VASP works it out")] = ""
    group: Annotated[str, Doc("what it belongs to, as smearing")] = ""
    summary: Annotated[str, Doc("what it does; empty for those that are seldom used")] = ""
    meanings: Annotated[dict[str, str], Doc("value → what it means, where that is told")] = field(
        default_factory=dict[str, str]
    )


@record
class TagList:
    """Tags by name."""

    rows: tuple[KnownTag, ...]


INPUTS_TAGS = Method(
    "inputs.tags",
    ListTagsParams,
    TagList,
    "Tell what is known of the tags of INCAR.",
    errors=WORKER,
    timeout_s=60,
    example=Example({"search": "ISMEAR"}),
)
METHODS = (INPUTS_CHECK, INPUTS_DIFF, INPUTS_TAGS)
