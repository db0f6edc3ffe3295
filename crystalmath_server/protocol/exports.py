"""jobs.plot, structures.export, jobs.dump, jobs.export: write results to files on this machine."""

from typing import Annotated, Literal

from crystalmath_server.protocol.error_codes import AIIDA, WORKER
from crystalmath_server.protocol.errors import ErrorCode
from crystalmath_server.protocol.method import Bound, Doc, Example, Length, LocalPath, Method, Params
from crystalmath_server.protocol.record import record
from crystalmath_server.protocol.series import SeriesKind

StructureFormat = Literal["cif", "poscar", "xyz", "json", "cssr", "xsf", "res", "yaml", "aims", "pwmat"]


@record
class PlotParams(Params):
    """A plot of a job's curves and the image file to write."""

    pk: Annotated[int, Bound(1), Doc("pk of the process node")]
    kind: SeriesKind
    path: Annotated[
        str, Length(1, 4096), Doc("file to write: .png, .svg or .pdf; must not exist"), LocalPath()
    ]
    x: Annotated[str, Length(0, 100), Doc("column on the x axis, for kind steps; empty: step")] = ""
    y: Annotated[str, Length(0, 100), Doc("column on the y axis, for kind steps; empty: energy")] = ""
    others: Annotated[
        tuple[int, ...],
        Length(0, 100),
        Doc("pks of further jobs whose volumes and energies to include, for kind eos"),
    ] = ()


@record
class WrittenFile:
    """A written file."""

    path: str
    size: Annotated[int, Doc("size", "bytes")]
    left_out: Annotated[str, Doc("what was omitted; empty: nothing")] = ""


@record
class ExportStructureParams(Params):
    """A structure to export as text or to a file."""

    pk: Annotated[int, Bound(1), Doc("pk of the structure node")]
    format: StructureFormat = "cif"
    path: Annotated[
        str, Length(0, 4096), Doc("file to write; must not exist; empty: return the text"), LocalPath()
    ] = ""


@record
class ExportedStructure:
    """An exported structure."""

    pk: int
    format: str
    text: Annotated[str, Doc("the exported text; empty if written to a file")]
    path: str
    size: Annotated[int, Doc("size", "bytes")]


@record
class DumpParams(Params):
    """A job to write as a human-readable folder."""

    pk: Annotated[int, Bound(1), Doc("pk of the process node")]
    path: Annotated[str, Length(1, 4096), Doc("folder to create; must not exist"), LocalPath()]


@record
class DumpedJob:
    """A folder with a job, its inputs and outputs, and the jobs it called."""

    path: str
    files: int
    size: Annotated[int, Doc("total size of the files", "bytes")]
    left_out: Annotated[str, Doc("what was omitted; empty: nothing")] = ""


@record
class ArchiveParams(Params):
    """Jobs to export with their full provenance as an AiiDA archive."""

    path: Annotated[
        str, Length(1, 4096), Doc("file to write, e.g. results.aiida; must not exist"), LocalPath()
    ]
    pks: Annotated[tuple[int, ...], Length(1, 1000), Doc("pks of process nodes")]


JOBS_PLOT = Method(
    "jobs.plot",
    PlotParams,
    WrittenFile,
    "Plot the curves of a job to an image file.",
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
    "Export a structure as text or to a file.",
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
    "Write a job with its inputs and outputs to a readable folder.",
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
    "Export jobs and their provenance to an AiiDA archive.",
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
