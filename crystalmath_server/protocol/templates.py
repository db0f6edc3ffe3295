"""templates.*: templates, which are atomate2 Makers with a form."""

from dataclasses import field
from enum import StrEnum
from typing import Annotated

from crystalmath_server.protocol.error_codes import AIIDA, REMOTE, WORKER
from crystalmath_server.protocol.errors import ErrorCode
from crystalmath_server.protocol.inputs import InputFacts, InputProblem
from crystalmath_server.protocol.job_spec import JobSpec
from crystalmath_server.protocol.method import Doc, Example, Json, Length, Method, Params
from crystalmath_server.protocol.record import record


class FieldType(StrEnum):
    """How a form field is edited."""

    INTEGER = "integer"
    NUMBER = "number"
    BOOLEAN = "boolean"
    TEXT = "text"
    CHOICE = "choice"
    JSON = "json"


class Restart(StrEnum):
    """Whether a template continues from an earlier VASP job."""

    NO = "no"
    OPTIONAL = "optional"
    REQUIRED = "required"


@record
class Takes:
    """The structures that a template takes."""

    what: Annotated[str, Doc("structure, or what several of them are together, as images")] = "structure"
    fewest: int = 1
    most: int = 1
    help: Annotated[str, Doc("which structures, in which order")] = ""


@record
class TemplateRow:
    """One template in a list."""

    name: Annotated[str, Doc("engine.kind, as emt.relax")]
    title: str
    engine: Annotated[str, Doc("emt, chgnet, vasp")]
    kind: Annotated[str, Doc("static, relax, md")]
    summary: str
    maker: Annotated[str, Doc("dotted name of the atomate2 Maker")]
    runnable: Annotated[bool, Doc("whether jobs.submit takes it here")]
    reason: Annotated[str, Doc("why it cannot run, and the way out; empty where it can")] = ""
    restart: Annotated[Restart, Doc("whether restart_pk may or must be given")] = Restart.NO
    takes: Annotated[Takes, Doc("which structures it takes")] = Takes()


@record
class FormField:
    """One setting of a template, as data for a form.

    A dotted name is a setting inside a nested one, as relax_kwargs.fmax.
    """

    name: str
    type: FieldType
    title: str
    default: Json = None
    unit: str = ""
    minimum: float | None = None
    maximum: float | None = None
    choices: tuple[str, ...] = ()
    help: str = ""
    optional: Annotated[bool, Doc("whether null is a value")] = False
    advanced: Annotated[bool, Doc("whether a form hides it at first")] = False


@record
class ListTemplatesParams(Params):
    """Which templates."""

    engine: Annotated[str, Doc("only this engine; empty: all")] = ""


@record
class TemplateList:
    """Templates, runnable ones first."""

    rows: tuple[TemplateRow, ...]


@record
class ShowTemplateParams(Params):
    """Which template."""

    name: Annotated[str, Length(1, 200), Doc("engine.kind, or kind alone for the best engine installed")]


@record
class TemplateDetail:
    """One template with its form."""

    row: TemplateRow
    fields: tuple[FormField, ...]


@record
class InputFile:
    """One input file as text."""

    name: str
    text: str


@record
class Rendered:
    """What will be computed, before it is."""

    template: Annotated[str, Doc("full name, as emt.relax")]
    files: tuple[InputFile, ...]
    warnings: tuple[str, ...]
    digest: Annotated[str, Doc("SHA-256 over template, settings, structure and edits; jobs.submit checks it")]
    copied: Annotated[tuple[str, ...], Doc("files of the earlier job that are copied on the cluster")] = ()
    script: Annotated[str, Doc("batch script for the cluster, PK in place of the job's number")] = ""
    problems: Annotated[
        tuple[InputProblem, ...], Doc("of a set of VASP input files, as inputs.check tells them")
    ] = ()
    facts: Annotated[InputFacts, Doc("of a set of VASP input files, as inputs.check tells them")] = (
        InputFacts()
    )
    edits: Annotated[dict[str, str], Doc("file name → unified diff against the template's own file")] = field(
        default_factory=dict[str, str]
    )


TEMPLATES_LIST = Method(
    "templates.list", ListTemplatesParams, TemplateList, "List templates.", errors=WORKER, timeout_s=60
)
TEMPLATES_SHOW = Method(
    "templates.show",
    ShowTemplateParams,
    TemplateDetail,
    "Show one template and its form.",
    errors=(ErrorCode.NOT_FOUND, *WORKER),
    timeout_s=60,
    example=Example({"name": "emt.relax"}),
)
TEMPLATES_RENDER = Method(
    "templates.render",
    JobSpec,
    Rendered,
    "Write the input files of a template for a structure, and the batch script for a cluster.",
    errors=(
        ErrorCode.NOT_FOUND,
        ErrorCode.INVALID_FORM,
        ErrorCode.FILE_UNREADABLE,
        ErrorCode.INVALID_TEMPLATE,
        ErrorCode.INVALID_STRUCTURE,
        ErrorCode.ENGINE_UNAVAILABLE,
        ErrorCode.MISSING_POTENTIAL,
        *REMOTE,
        *WORKER,
        *AIIDA,
    ),
    timeout_s=180,
    example=Example({"template": "vasp.static", "structures": [1], "values": {}}),
)
METHODS = (TEMPLATES_LIST, TEMPLATES_SHOW, TEMPLATES_RENDER)
