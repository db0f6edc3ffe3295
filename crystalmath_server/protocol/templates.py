"""templates.*: templates, i.e. atomate2 Makers with a form."""

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
    """Whether a template can or must continue from an earlier VASP job."""

    NO = "no"
    OPTIONAL = "optional"
    REQUIRED = "required"


@record
class Takes:
    """The structures that a template expects."""

    what: Annotated[str, Doc("what the structures are: structure, or a set of them, e.g. images")] = (
        "structure"
    )
    fewest: int = 1
    most: int = 1
    help: Annotated[str, Doc("which structures to give, and in which order")] = ""


@record
class TemplateRow:
    """One template in a list."""

    name: Annotated[str, Doc("engine.kind, e.g. emt.relax")]
    title: str
    engine: Annotated[str, Doc("engine: emt, chgnet, gpaw, vasp")]
    kind: Annotated[str, Doc("kind of calculation, e.g. static, relax, md")]
    summary: str
    maker: Annotated[str, Doc("dotted name of the atomate2 Maker")]
    runnable: Annotated[bool, Doc("whether jobs.submit can run the template here")]
    reason: Annotated[str, Doc("why the template cannot run, and what to do; empty if it can")] = ""
    restart: Annotated[Restart, Doc("whether restart_pk is allowed or required")] = Restart.NO
    takes: Annotated[Takes, Doc("the structures that the template expects")] = Takes()
    flow: Annotated[bool, Doc("whether the template runs a flow of several jobs")] = False


@record
class FormField:
    """One template setting, as data for a form.

    A dotted name is a nested setting, e.g. relax_kwargs.fmax.
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
    optional: Annotated[bool, Doc("whether null is allowed")] = False
    advanced: Annotated[bool, Doc("whether forms hide the field initially")] = False


@record
class ListTemplatesParams(Params):
    """Filters of the list of templates."""

    engine: Annotated[str, Doc("only templates of this engine; empty: all")] = ""


@record
class TemplateList:
    """Templates, runnable templates first."""

    rows: tuple[TemplateRow, ...]


@record
class ShowTemplateParams(Params):
    """A template by name."""

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
    """The rendered inputs of a job, before submission."""

    template: Annotated[str, Doc("full name, e.g. emt.relax")]
    files: tuple[InputFile, ...]
    warnings: tuple[str, ...]
    digest: Annotated[str, Doc("SHA-256 of template, settings, structure and edits; checked by jobs.submit")]
    copied: Annotated[tuple[str, ...], Doc("files of the earlier job to copy on the cluster")] = ()
    script: Annotated[str, Doc("batch script for the cluster, with PK as placeholder for the job's pk")] = ""
    problems: Annotated[tuple[InputProblem, ...], Doc("from inputs.check, for VASP input files")] = ()
    facts: Annotated[InputFacts, Doc("from inputs.check, for VASP input files")] = InputFacts()
    edits: Annotated[dict[str, str], Doc("file name → unified diff against the template's file")] = field(
        default_factory=dict[str, str]
    )


TEMPLATES_LIST = Method(
    "templates.list", ListTemplatesParams, TemplateList, "List templates.", errors=WORKER, timeout_s=60
)
TEMPLATES_SHOW = Method(
    "templates.show",
    ShowTemplateParams,
    TemplateDetail,
    "Show a template and its form.",
    errors=(ErrorCode.NOT_FOUND, *WORKER),
    timeout_s=60,
    example=Example({"name": "emt.relax"}),
)
TEMPLATES_RENDER = Method(
    "templates.render",
    JobSpec,
    Rendered,
    "Render a template's input files for a structure, and the batch script for a cluster.",
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
