"""nodes.graph, nodes.draw: what a node came from and what came of it."""

from typing import Annotated, Literal

from crystalmath_server.protocol.error_codes import AIIDA, WORKER
from crystalmath_server.protocol.errors import ErrorCode
from crystalmath_server.protocol.exports import WrittenFile
from crystalmath_server.protocol.method import Bound, Doc, Example, Length, LocalPath, Method, Params, Uuid
from crystalmath_server.protocol.record import record

Direction = Literal["ancestors", "descendants", "both"]


@record
class GraphParams(Params):
    """Around which node, how far and how much."""

    pk: Annotated[int, Bound(1), Doc("pk of any node")]
    direction: Direction = "both"
    depth: Annotated[int, Bound(1, 50), Doc("most links from the node")] = 6
    limit: Annotated[int, Bound(1, 2000), Doc("most nodes")] = 200


@record
class DrawGraphParams(Params):
    """Around which node, how far and how much, and where it goes."""

    pk: Annotated[int, Bound(1), Doc("pk of any node")]
    path: Annotated[
        str, Length(1, 4096), Doc("file to write: .dot, .svg, .png or .pdf; must not exist"), LocalPath()
    ]
    direction: Direction = "both"
    depth: Annotated[int, Bound(1, 50), Doc("most links from the node")] = 6
    limit: Annotated[int, Bound(1, 2000), Doc("most nodes")] = 200


@record
class GraphNode:
    """One node of provenance."""

    pk: int
    uuid: Uuid
    type: Annotated[str, Doc("node class, as StructureData")]
    label: str
    is_process: bool
    state: Annotated[str, Doc("of a process, as AiiDA has it; empty: no process")] = ""


@record
class GraphLink:
    """One link, in the direction of provenance."""

    source: Annotated[int, Doc("pk")]
    target: Annotated[int, Doc("pk")]
    label: str
    type: Annotated[str, Doc("as input_calc or create")]


@record
class Graph:
    """Nodes around a node."""

    pk: int
    nodes: Annotated[tuple[GraphNode, ...], Doc("nearest first; the node itself is the first")]
    links: tuple[GraphLink, ...]
    left_out: Annotated[str, Doc("what was left out, in words; empty: nothing")]
    dot: Annotated[str, Doc("the graph in the language of Graphviz")]


NODES_GRAPH = Method(
    "nodes.graph",
    GraphParams,
    Graph,
    "Show what a node came from and what came of it.",
    errors=(ErrorCode.NOT_FOUND, *AIIDA),
    timeout_s=60,
    example=Example({"pk": 1}),
)
NODES_DRAW = Method(
    "nodes.draw",
    DrawGraphParams,
    WrittenFile,
    "Write what a node came from and what came of it as DOT, or as an image by Graphviz.",
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
