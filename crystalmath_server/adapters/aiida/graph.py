"""The provenance graph around a node, layer by layer; runs on the AiiDA thread."""

from collections.abc import Iterable
from typing import Any

from crystalmath_server.domain.jobs.graph_dot import dot_of
from crystalmath_server.protocol.command import command
from crystalmath_server.protocol.errors import NotFound
from crystalmath_server.protocol.graph import Graph, GraphLink, GraphNode, GraphParams
from crystalmath_server.protocol.jobs import JOBS_SHOW

_FIELDS = ["id", "uuid", "node_type", "label", "attributes.process_state", "attributes.process_label"]
_BATCH = 500


def read_graph(params: GraphParams) -> Graph:
    """The nodes around a node, nearest first, and the links among them.

    Raises
    ------
    NotFound
        The node does not exist.
    """
    nodes = _nodes([params.pk])
    if not nodes:
        detail = f"There is no node {params.pk}"
        raise NotFound(detail, field="pk", hint=f"See the nodes of a job: {command(JOBS_SHOW, pk='PK')}")
    links: dict[tuple[int, int, str], GraphLink] = {}
    cut = False
    for incoming in _directions(params.direction):
        edge = [params.pk]
        for _ in range(params.depth):
            found = _links(edge, incoming=incoming)
            new = sorted({_far(link, incoming=incoming) for link in found} - nodes.keys())
            room = params.limit - len(nodes)
            cut = cut or len(new) > room
            edge = new[:room]
            nodes |= _nodes(edge)
            links |= {
                (link.source, link.target, link.label): link
                for link in found
                if link.source in nodes and link.target in nodes
            }
            if not edge:
                break
        else:
            cut = cut or bool(_links(edge, incoming=incoming))
    words = f"nodes further away, or more than {params.limit}" if cut else ""
    rows, edges = tuple(nodes.values()), tuple(links.values())
    return Graph(params.pk, rows, edges, words, dot_of(rows, edges))


def _directions(direction: str) -> tuple[bool, ...]:
    return {"ancestors": (True,), "descendants": (False,)}.get(direction, (True, False))


def _far(link: GraphLink, *, incoming: bool) -> int:
    return link.source if incoming else link.target


def _links(pks: list[int], *, incoming: bool) -> list[GraphLink]:
    """Links that end (incoming) or begin at these nodes."""
    from aiida import orm

    found: list[GraphLink] = []
    for batch in _batches(pks):
        query = orm.QueryBuilder()
        if incoming:
            query.append(orm.Node, tag="near", filters={"id": {"in": batch}}, project="id")
            edge: dict[str, Any] = {"with_outgoing": "near"}
        else:
            query.append(orm.Node, tag="near", filters={"id": {"in": batch}}, project="id")
            edge = {"with_incoming": "near"}
        query.append(orm.Node, project="id", edge_project=["label", "type"], **edge)
        for near, far, label, kind in query.all():
            source, target = (far, near) if incoming else (near, far)
            found.append(GraphLink(source, target, label, kind))
    return found


def _nodes(pks: Iterable[int]) -> dict[int, GraphNode]:
    from aiida import orm

    found: dict[int, GraphNode] = {}
    for batch in _batches(list(pks)):
        query = orm.QueryBuilder().append(orm.Node, filters={"id": {"in": batch}}, project=_FIELDS)
        for pk, uuid, node_type, label, state, process in query.order_by({orm.Node: {"id": "asc"}}).all():
            name = node_type.rstrip(".").rpartition(".")[2] or "Node"
            is_process = node_type.startswith("process.")
            found[pk] = GraphNode(pk, uuid, name, label or process or "", is_process, state or "")
    return found


def _batches(pks: list[int]) -> Iterable[list[int]]:
    """The pks in batches, since SQLite limits the number of values in a query."""
    return (pks[i : i + _BATCH] for i in range(0, len(pks), _BATCH))
