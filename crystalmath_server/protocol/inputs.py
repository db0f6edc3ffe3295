"""inputs.*: check and compare INCAR, KPOINTS, POSCAR and POTCAR symbols given as text."""

from dataclasses import field
from enum import StrEnum
from typing import Annotated, Literal

from crystalmath_server.protocol.error_codes import AIIDA, WORKER
from crystalmath_server.protocol.errors import ErrorCode
from crystalmath_server.protocol.method import Bound, Doc, Example, FileText, Json, Length, Method, Params
from crystalmath_server.protocol.record import record
from crystalmath_server.protocol.structures import SI_POSCAR

INPUTS_FILES = ("INCAR", "KPOINTS", "POSCAR", "POTCAR.spec")
"""VASP input files that are checked and can be edited."""

InputText = Annotated[str, Length(0, 4_000_000), FileText()]


class Severity(StrEnum):
    """Severity of a problem."""

    ERROR = "error"  # VASP stops or computes something else: jobs.submit refuses
    WARNING = "warning"  # probably a mistake: jobs.submit requires confirmation
    NOTE = "note"


@record
class InputProblem:
    """One problem in a set of input files, with its location, cause and fix."""

    file: str
    line: Annotated[int, Doc("line number, from 1; 0: the whole file")]
    column: Annotated[int, Doc("column number, from 1; 0: the whole line")]
    severity: Severity
    code: Annotated[str, Doc("stable identifier, e.g. incar.unknown_tag")]
    text: Annotated[str, Doc("what is wrong, with the actual values")]
    hint: Annotated[str, Doc("how to fix the problem")] = ""
    tag: Annotated[str, Doc("INCAR tag, if the problem concerns one")] = ""


@record
class InputFacts:
    """Properties of a set of input files; None or empty if unknown."""

    formula: str = ""
    n_sites: int | None = None
    spacegroup: Annotated[str, Doc("space group symbol and number, from the atomic sites only")] = ""
    closest: Annotated[float | None, Doc("shortest distance between atoms", "Å")] = None
    electrons: Annotated[float | None, Doc("number of valence electrons from the POTCARs")] = None
    enmax: Annotated[float | None, Doc("largest ENMAX of the POTCARs", "eV")] = None
    encut: Annotated[float | None, Doc("ENCUT", "eV")] = None
    kpoints: Annotated[str, Doc("description of the k-point mesh or list")] = ""
    n_kpoints: Annotated[int | None, Doc("number of k-points in the full mesh or list")] = None
    n_irreducible: Annotated[int | None, Doc("number of irreducible k-points")] = None
    spacing: Annotated[
        tuple[float, ...], Doc("k-point spacing along each reciprocal vector, including 2π", "1/Å")
    ] = ()
    kpoints_times_atoms: Annotated[
        int | None, Doc("number of k-points in the full mesh × number of atoms")
    ] = None


@record
class CheckInputsParams(Params):
    """A set of input files to check, as text."""

    files: Annotated[
        dict[str, InputText], Doc("file name → text: INCAR, KPOINTS, POSCAR, POTCAR.spec (symbols) or POTCAR")
    ]
    tasks: Annotated[Annotated[int, Bound(1)] | None, Doc("number of MPI tasks of the job")] = None


@record
class InputReport:
    """Problems, sorted by file and line, and properties of the input files."""

    problems: tuple[InputProblem, ...]
    facts: InputFacts


INPUTS_CHECK = Method(
    "inputs.check",
    CheckInputsParams,
    InputReport,
    "Check VASP input files.",
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
    """Source of a set of input files: texts, a job, or a template applied to a structure."""

    files: Annotated[dict[str, InputText], Doc("file name → text")] = field(default_factory=dict[str, str])
    job_pk: Annotated[Annotated[int, Bound(1)] | None, Doc("pk of a VASP job")] = None
    template: Annotated[str, Length(0, 200), Doc("VASP template")] = ""
    structure_pk: Annotated[Annotated[int, Bound(1)] | None, Doc("pk of the structure for the template")] = (
        None
    )
    values: Annotated[dict[str, Json], Doc("form field name → value of the template")] = field(
        default_factory=dict[str, Json]
    )


@record
class DiffInputsParams(Params):
    """Two sets of input files to compare."""

    left: Annotated[InputSource, Doc("the old input files: files, job_pk, or template and structure_pk")]
    right: Annotated[InputSource, Doc("the new input files: files, job_pk, or template and structure_pk")]


@record
class TagChange:
    """One INCAR tag that was added, removed or changed."""

    tag: str
    change: Literal["added", "removed", "changed"]
    left: str = ""
    right: str = ""


@record
class StructureChange:
    """Difference between two structures; None if it cannot be determined."""

    same: bool
    words: Annotated[str, Doc("description of the difference; empty if there is none")] = ""
    rms: Annotated[float | None, Doc("root-mean-square displacement", "Å")] = None
    largest: Annotated[float | None, Doc("largest displacement", "Å")] = None
    volume_change: Annotated[float | None, Doc("relative volume change", "%")] = None


@record
class InputDiff:
    """Differences between two sets of input files, by meaning and line by line."""

    same: Annotated[bool, Doc("whether both are equivalent, ignoring comments and order")]
    tags: tuple[TagChange, ...]
    kpoints: Annotated[tuple[str, str] | None, Doc("k-points left and right, if they differ")]
    potentials: Annotated[tuple[str, str] | None, Doc("POTCAR symbols left and right, if they differ")]
    structure: Annotated[StructureChange | None, Doc("structure difference, if both have a readable POSCAR")]
    texts: Annotated[dict[str, str], Doc("file name → unified diff, for texts that differ")]


INPUTS_DIFF = Method(
    "inputs.diff",
    DiffInputsParams,
    InputDiff,
    "Compare VASP input files from jobs, templates or texts.",
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
    """INCAR tags to list."""

    search: Annotated[str, Length(0, 100), Doc("part of a tag name or a word of its summary; empty: all")] = (
        ""
    )


@record
class KnownTag:
    """Reference data of one INCAR tag."""

    name: str
    kind: Annotated[str, Doc("bool, int, float, list, str or bool | str; empty: unknown")]
    values: Annotated[tuple[str, ...], Doc("allowed values; empty: any value of its kind")] = ()
    default: Annotated[str, Doc("VASP's default; empty if VASP derives it")] = ""
    group: Annotated[str, Doc("topic of the tag, e.g. smearing")] = ""
    summary: Annotated[str, Doc("what the tag does; empty for rarely used tags")] = ""
    meanings: Annotated[dict[str, str], Doc("value → its meaning, if documented")] = field(
        default_factory=dict[str, str]
    )


@record
class TagList:
    """INCAR tags, sorted by name."""

    rows: tuple[KnownTag, ...]


INPUTS_TAGS = Method(
    "inputs.tags",
    ListTagsParams,
    TagList,
    "Look up INCAR tags: type, values, default and meaning.",
    errors=WORKER,
    timeout_s=60,
    example=Example({"search": "ISMEAR"}),
)
METHODS = (INPUTS_CHECK, INPUTS_DIFF, INPUTS_TAGS)
