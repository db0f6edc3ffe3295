"""nodes.graph, nodes.draw: the provenance graph around a node."""

from typing import Annotated, Literal

from crystalmath_server.protocol.error_codes import AIIDA, WORKER
from crystalmath_server.protocol.errors import ErrorCode
from crystalmath_server.protocol.exports import WrittenFile
from crystalmath_server.protocol.method import Bound, Doc, Example, Length, LocalPath, Method, Params, Uuid
from crystalmath_server.protocol.record import record

Direction = Literal["ancestors", "descendants", "both"]


@record
class GraphParams(Params):
    """A node and the extent of the graph around it."""

    pk: Annotated[int, Bound(1), Doc("pk of any node")]
    direction: Direction = "both"
    depth: Annotated[int, Bound(1, 50), Doc("maximum distance from the node, in links")] = 6
    limit: Annotated[int, Bound(1, 2000), Doc("maximum number of nodes")] = 200


@record
class DrawGraphParams(Params):
    """A node, the extent of the graph around it, and the file to write."""

    pk: Annotated[int, Bound(1), Doc("pk of any node")]
    path: Annotated[
        str, Length(1, 4096), Doc("file to write: .dot, .svg, .png or .pdf; must not exist"), LocalPath()
    ]
    direction: Direction = "both"
    depth: Annotated[int, Bound(1, 50), Doc("maximum distance from the node, in links")] = 6
    limit: Annotated[int, Bound(1, 2000), Doc("maximum number of nodes")] = 200


@record
class GraphNode:
    """One node of the provenance graph."""

    pk: int
    uuid: Uuid
    type: Annotated[str, Doc("node class, e.g. StructureData")]
    label: str
    is_process: bool
    state: Annotated[str, Doc("AiiDA's process state; empty for other nodes")] = ""


@record
class GraphLink:
    """One link in the direction of provenance."""

    source: Annotated[int, Doc("pk of the source node")]
    target: Annotated[int, Doc("pk of the target node")]
    label: str
    type: Annotated[str, Doc("link type, e.g. input_calc or create")]


@record
class Graph:
    """The provenance graph around a node."""

    pk: int
    nodes: Annotated[tuple[GraphNode, ...], Doc("nodes, nearest first, starting with the node itself")]
    links: tuple[GraphLink, ...]
    left_out: Annotated[str, Doc("what was omitted; empty: nothing")]
    dot: Annotated[str, Doc("the graph in the DOT language of Graphviz")]


NODES_GRAPH = Method(
    "nodes.graph",
    GraphParams,
    Graph,
    "Show the provenance graph around a node.",
    errors=(ErrorCode.NOT_FOUND, *AIIDA),
    timeout_s=60,
    example=Example({"pk": 1}),
)
NODES_DRAW = Method(
    "nodes.draw",
    DrawGraphParams,
    WrittenFile,
    "Write the provenance graph around a node as DOT, or as an image with Graphviz.",
    errors=(
        ErrorCode.NOT_FOUND,
        ErrorCode.INVALID_FORM,
        ErrorCode.CONFLICT,
        ErrorCode.ENGINE_UNAVAILABLE,
        *WORKER,
        *AIIDA,
    ),
    effect="write",
    timeout_s=120,
    example=Example({"pk": 1, "path": "/home/me/provenance.dot"}),
)
METHODS = (NODES_GRAPH, NODES_DRAW)
