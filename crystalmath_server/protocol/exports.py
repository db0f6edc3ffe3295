"""jobs.plot, structures.export, jobs.dump, jobs.export: results as files of this machine."""

from typing import Annotated, Literal

from crystalmath_server.protocol.error_codes import AIIDA, WORKER
from crystalmath_server.protocol.errors import ErrorCode
from crystalmath_server.protocol.method import Bound, Doc, Example, Length, LocalPath, Method, Params
from crystalmath_server.protocol.record import record
from crystalmath_server.protocol.series import SeriesKind

StructureFormat = Literal["cif", "poscar", "xyz", "json", "cssr", "xsf", "res", "yaml", "aims", "pwmat"]


@record
class PlotParams(Params):
    """Curves of a job as an image."""

    pk: Annotated[int, Bound(1), Doc("pk of the process node")]
    kind: SeriesKind
    path: Annotated[
        str, Length(1, 4096), Doc("file to write: .png, .svg or .pdf; must not exist"), LocalPath()
    ]
    x: Annotated[str, Length(0, 100), Doc("of steps: the column for x; empty: step")] = ""
    y: Annotated[str, Length(0, 100), Doc("of steps: the column for y; empty: energy")] = ""
    others: Annotated[
        tuple[int, ...], Length(0, 100), Doc("of eos: pks of jobs whose volumes and energies belong to it")
    ] = ()


@record
class WrittenFile:
    """A file that was written."""

    path: str
    size: Annotated[int, Doc("size", "bytes")]
    left_out: Annotated[str, Doc("what was left out, in words; empty: nothing")] = ""


@record
class ExportStructureParams(Params):
    """A structure as text of a format, or as a file."""

    pk: Annotated[int, Bound(1), Doc("pk of the structure node")]
    format: StructureFormat = "cif"
    path: Annotated[
        str, Length(0, 4096), Doc("file to write; must not exist; empty: answer the text"), LocalPath()
    ] = ""


@record
class ExportedStructure:
    """A structure in a format."""

    pk: int
    format: str
    text: Annotated[str, Doc("empty where it was written to a file")]
    path: str
    size: Annotated[int, Doc("size", "bytes")]


@record
class DumpParams(Params):
    """A job as a folder that people can read."""

    pk: Annotated[int, Bound(1), Doc("pk of the process node")]
    path: Annotated[str, Length(1, 4096), Doc("folder to make; must not exist"), LocalPath()]


@record
class DumpedJob:
    """A folder with a job, its inputs, outputs and the jobs that it called."""

    path: str
    files: int
    size: Annotated[int, Doc("size of all files", "bytes")]
    left_out: Annotated[str, Doc("what was left out, in words; empty: nothing")] = ""


@record
class ArchiveParams(Params):
    """Jobs with all their provenance as an AiiDA archive."""

    path: Annotated[str, Length(1, 4096), Doc("file to write, as results.aiida; must not exist"), LocalPath()]
    pks: Annotated[tuple[int, ...], Length(1, 1000), Doc("pks of process nodes")]


JOBS_PLOT = Method(
    "jobs.plot",
    PlotParams,
    WrittenFile,
    "Write curves of a job as an image.",
    errors=(
        ErrorCode.NOT_FOUND,
        ErrorCode.INVALID_FORM,
        ErrorCode.CONFLICT,
        ErrorCode.FILE_UNREADABLE,
        *WORKER,
        *AIIDA,
    ),
    effect="write",
    timeout_s=300,
    example=Example({"pk": 1, "kind": "trajectory", "path": "/home/me/trajectory.svg"}),
)
STRUCTURES_EXPORT = Method(
    "structures.export",
    ExportStructureParams,
    ExportedStructure,
    "Give a structure as text or file of a format.",
    errors=(
        ErrorCode.NOT_FOUND,
        ErrorCode.INVALID_FORM,
        ErrorCode.CONFLICT,
        ErrorCode.INVALID_STRUCTURE,
        *WORKER,
        *AIIDA,
    ),
    effect="write",
    timeout_s=60,
    example=Example({"pk": 1, "format": "poscar"}),
)
JOBS_DUMP = Method(
    "jobs.dump",
    DumpParams,
    DumpedJob,
    "Write a job, its inputs and outputs as a readable folder.",
    errors=(
        ErrorCode.NOT_FOUND,
        ErrorCode.INVALID_FORM,
        ErrorCode.CONFLICT,
        ErrorCode.WORKER_CRASHED,
        *AIIDA,
    ),
    effect="write",
    timeout_s=1800,
    example=Example({"pk": 1, "path": "/home/me/job-1"}),
)
JOBS_EXPORT = Method(
    "jobs.export",
    ArchiveParams,
    WrittenFile,
    "Write jobs and their provenance as an AiiDA archive.",
    errors=(
        ErrorCode.NOT_FOUND,
        ErrorCode.INVALID_FORM,
        ErrorCode.CONFLICT,
        ErrorCode.NOT_ALLOWED,
        ErrorCode.WORKER_CRASHED,
        *AIIDA,
    ),
    effect="write",
    timeout_s=1800,
    example=Example({"path": "/home/me/jobs.aiida", "pks": [1]}),
)
METHODS = (JOBS_PLOT, STRUCTURES_EXPORT, JOBS_DUMP, JOBS_EXPORT)
