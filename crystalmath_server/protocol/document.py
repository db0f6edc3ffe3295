"""jobs.document: the whole document of a job, as a tree that is read branch by branch."""

from typing import Annotated, Literal

from crystalmath_server.protocol.error_codes import AIIDA, WORKER
from crystalmath_server.protocol.errors import ErrorCode
from crystalmath_server.protocol.method import Bound, Doc, Example, Length, Method, Params
from crystalmath_server.protocol.record import record

ValueKind = Literal["object", "array", "string", "number", "boolean", "null"]


@record
class DocumentParams(Params):
    """A branch of the document of a job."""

    pk: Annotated[int, Bound(1), Doc("pk of the process node")]
    path: Annotated[
        str, Length(0, 4096), Doc("names and places joined by /, as output/forces/0; empty: the top")
    ] = ""
    offset: Annotated[int, Bound(0), Doc("first child")] = 0
    limit: Annotated[int, Bound(1, 1000), Doc("most children")] = 200


@record
class DocumentChild:
    """One child of a branch."""

    name: str
    path: str
    kind: ValueKind
    size: Annotated[int, Doc("its children, or the characters of a text")]
    preview: str = ""


@record
class DocumentPart:
    """A branch and its children."""

    pk: int
    path: str
    kind: ValueKind
    size: Annotated[int, Doc("all its children, or the characters of a text")]
    text: Annotated[str, Doc("the value where it has no children; the first 4000 characters of a text")]
    rows: tuple[DocumentChild, ...]
    offset: int
    source: Annotated[str, Doc("uuid of the node; empty where the document is made of several")]


JOBS_DOCUMENT = Method(
    "jobs.document",
    DocumentParams,
    DocumentPart,
    "Show a branch of the document that a job left.",
    errors=(ErrorCode.NOT_FOUND, ErrorCode.FILE_UNREADABLE, *WORKER, *AIIDA),
    timeout_s=120,
    example=Example({"pk": 1, "limit": 20}),
)
METHODS = (JOBS_DOCUMENT,)
