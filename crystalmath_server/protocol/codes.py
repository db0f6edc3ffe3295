"""codes.*: programs on clusters."""

from enum import StrEnum
from typing import Annotated

from crystalmath_server.protocol.error_codes import AIIDA, REMOTE
from crystalmath_server.protocol.errors import ErrorCode
from crystalmath_server.protocol.method import Bound, Doc, Example, Length, Method, Params, Uuid
from crystalmath_server.protocol.record import record


class CodeKind(StrEnum):
    """What a program is."""

    VASP_STD = "vasp_std"
    VASP_GAM = "vasp_gam"  # Γ point only
    VASP_NCL = "vasp_ncl"  # non-collinear, spin-orbit coupling
    PYTHON = "python"  # Python with atomate2
    OTHER = "other"


class Outcome(StrEnum):
    """How a step of a test ended."""

    OK = "ok"
    FAILED = "failed"
    NOT_REACHED = "not reached"


@record
class Step:
    """One step of a test."""

    name: str
    title: str
    outcome: Outcome
    detail: Annotated[str, Doc("what was seen, in words")] = ""
    hint: Annotated[str, Doc("the way out; empty where nothing is to be done")] = ""
    seconds: Annotated[float, Doc("how long it took", "s")] = 0.0


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
    prepend_text: Annotated[str, Doc("shell lines before the program, without the modules")] = ""
    description: str = ""


@record
class ListCodesParams(Params):
    """Which codes."""

    cluster: Annotated[str, Doc("label of the cluster; empty: all")] = ""
    kind: Annotated[CodeKind | None, Doc("only this kind")] = None


@record
class CodeList:
    """Codes, by computer and label."""

    rows: tuple[CodeRow, ...]


@record
class CreateCodeParams(Params):
    """A program that is there already."""

    cluster: Annotated[str, Length(1, 255), Doc("label of the cluster")]
    label: Annotated[str, Length(1, 255), Doc("name, once on each cluster")]
    path: Annotated[str, Length(1, 4096), Doc("executable, from the root")]
    kind: CodeKind
    modules: Annotated[tuple[str, ...], Doc("modules to load before it, in order")] = ()
    prepend_text: Annotated[str, Length(0, 20_000), Doc("shell lines before the program")] = ""
    description: Annotated[str, Length(0, 1000)] = ""


@record
class CodePk(Params):
    """Which code."""

    pk: Annotated[int, Bound(1), Doc("pk of the code")]


@record
class CodeTest:
    """A test of a code: its file, the right to run it, and what is loaded before it."""

    pk: int
    ok: Annotated[bool, Doc("whether no step failed")]
    steps: tuple[Step, ...]


CODES_LIST = Method("codes.list", ListCodesParams, CodeList, "List codes.", errors=AIIDA, timeout_s=30)
CODES_CREATE = Method(
    "codes.create",
    CreateCodeParams,
    CodeRow,
    "Make a program of a cluster known.",
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
    "Look on the cluster whether a code can run.",
    errors=(ErrorCode.NOT_FOUND, *REMOTE, *AIIDA),
    timeout_s=120,
    example=Example({"pk": 1}),
)
METHODS = (CODES_LIST, CODES_CREATE, CODES_TEST)
