"""codes.*: programs on clusters."""

from enum import StrEnum
from typing import Annotated

from crystalmath_server.protocol.error_codes import AIIDA, REMOTE
from crystalmath_server.protocol.errors import ErrorCode
from crystalmath_server.protocol.method import Bound, Doc, Example, Length, Method, Params, Uuid
from crystalmath_server.protocol.record import record


class CodeKind(StrEnum):
    """Kind of program."""

    VASP_STD = "vasp_std"
    VASP_GAM = "vasp_gam"  # Γ point only
    VASP_NCL = "vasp_ncl"  # non-collinear, spin-orbit coupling
    PYTHON = "python"  # Python with atomate2
    OTHER = "other"


class Outcome(StrEnum):
    """Outcome of a test step."""

    OK = "ok"
    FAILED = "failed"
    NOT_REACHED = "not reached"


@record
class Step:
    """One step of a test."""

    name: str
    title: str
    outcome: Outcome
    detail: Annotated[str, Doc("what the test found")] = ""
    hint: Annotated[str, Doc("what to do; empty if nothing")] = ""
    seconds: Annotated[float, Doc("duration of the step", "s")] = 0.0


@record
class CodeRow:
    """One AiiDA code on a cluster."""

    pk: int
    uuid: Uuid
    label: str
    cluster: Annotated[str, Doc("label of the cluster")]
    kind: CodeKind
    path: Annotated[str, Doc("executable on the cluster")]
    modules: tuple[str, ...] = ()
    prepend_text: Annotated[str, Doc("shell lines before the program, without the module commands")] = ""
    description: str = ""


@record
class ListCodesParams(Params):
    """Filters of the list of codes."""

    cluster: Annotated[str, Doc("label of the cluster; empty: all")] = ""
    kind: Annotated[CodeKind | None, Doc("only codes of this kind; null: all")] = None


@record
class CodeList:
    """Codes, sorted by cluster and label."""

    rows: tuple[CodeRow, ...]


@record
class CreateCodeParams(Params):
    """A program already installed on a cluster."""

    cluster: Annotated[str, Length(1, 255), Doc("label of the cluster")]
    label: Annotated[str, Length(1, 255), Doc("name of the code, unique on its cluster")]
    path: Annotated[str, Length(1, 4096), Doc("absolute path of the executable")]
    kind: CodeKind
    modules: Annotated[tuple[str, ...], Doc("modules to load before the program, in order")] = ()
    prepend_text: Annotated[str, Length(0, 20_000), Doc("shell lines before the program")] = ""
    description: Annotated[str, Length(0, 1000)] = ""


@record
class CodePk(Params):
    """A code by pk."""

    pk: Annotated[int, Bound(1), Doc("pk of the code")]


@record
class CodeTest:
    """Results of a code test: the executable, its permissions, and its modules."""

    pk: int
    ok: Annotated[bool, Doc("whether every step that ran succeeded")]
    steps: tuple[Step, ...]


CODES_LIST = Method("codes.list", ListCodesParams, CodeList, "List codes.", errors=AIIDA, timeout_s=30)
CODES_CREATE = Method(
    "codes.create",
    CreateCodeParams,
    CodeRow,
    "Register a program on a cluster as a code.",
    errors=(ErrorCode.NOT_FOUND, ErrorCode.CONFLICT, ErrorCode.INVALID_FORM, *AIIDA),
    effect="write",
    timeout_s=30,
    example=Example(
        {"cluster": "localhost", "label": "vasp", "path": "/opt/vasp/bin/vasp_std", "kind": "vasp_std"}
    ),
)
CODES_TEST = Method(
    "codes.test",
    CodePk,
    CodeTest,
    "Test whether a code can run on its cluster.",
    errors=(ErrorCode.NOT_FOUND, *REMOTE, *AIIDA),
    timeout_s=120,
    example=Example({"pk": 1}),
)
METHODS = (CODES_LIST, CODES_CREATE, CODES_TEST)
