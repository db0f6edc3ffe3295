"""jobs.document: the full task document of a job, read as a tree branch by branch."""

from typing import Annotated, Literal

from crystalmath_server.protocol.error_codes import AIIDA, WORKER
from crystalmath_server.protocol.errors import ErrorCode
from crystalmath_server.protocol.method import Bound, Doc, Example, Length, Method, Params
from crystalmath_server.protocol.record import record

ValueKind = Literal["object", "array", "string", "number", "boolean", "null"]


@record
class DocumentParams(Params):
    """A branch of a job's document."""

    pk: Annotated[int, Bound(1), Doc("pk of the process node")]
    path: Annotated[
        str, Length(0, 4096), Doc("keys and indices joined by /, e.g. output/forces/0; empty: the root")
    ] = ""
    offset: Annotated[int, Bound(0), Doc("index of the first child to return")] = 0
    limit: Annotated[int, Bound(1, 1000), Doc("maximum number of children to return")] = 200


@record
class DocumentChild:
    """One child of a branch."""

    name: str
    path: str
    kind: ValueKind
    size: Annotated[int, Doc("number of children, or of characters of a string")]
    preview: str = ""


@record
class DocumentPart:
    """A branch and its children."""

    pk: int
    path: str
    kind: ValueKind
    size: Annotated[int, Doc("total number of children, or of characters of a string")]
    text: Annotated[str, Doc("the value if the branch has no children; strings are cut to 4000 characters")]
    rows: tuple[DocumentChild, ...]
    offset: int
    source: Annotated[str, Doc("uuid of the node; empty if the document combines several nodes")]


JOBS_DOCUMENT = Method(
    "jobs.document",
    DocumentParams,
    DocumentPart,
    "Show a branch of a job's document.",
    errors=(ErrorCode.NOT_FOUND, ErrorCode.FILE_UNREADABLE, *WORKER, *AIIDA),
    timeout_s=120,
    example=Example({"pk": 1, "limit": 20}),
)
METHODS = (JOBS_DOCUMENT,)
