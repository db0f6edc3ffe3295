"""A provenance graph in the Graphviz DOT language; pure functions."""

from collections.abc import Iterable, Sequence

from crystalmath_server.protocol.graph import GraphLink, GraphNode


def dot_of(nodes: Sequence[GraphNode], links: Iterable[GraphLink]) -> str:
    """The graph from top to bottom: processes as boxes, data as ellipses; all labels are quoted safely."""
    rows = [f"  n{node.pk} [label={_quote(_words(node))}, shape={_shape(node)}];" for node in nodes]
    edges = [
        f"  n{link.source} -> n{link.target} [label={_quote(link.label)}{_style(link)}];" for link in links
    ]
    return "\n".join(["digraph provenance {", *rows, *edges, "}"]) + "\n"


def _words(node: GraphNode) -> str:
    state = f" ({node.state})" if node.state else ""
    return "\n".join(filter(None, (f"{node.type} {node.pk}{state}", node.label)))


def _shape(node: GraphNode) -> str:
    return "box" if node.is_process else "ellipse"


def _style(link: GraphLink) -> str:
    """Dashed style for links of workflows, which compute nothing themselves."""
    return ", style=dashed" if link.type in {"input_work", "return", "call_calc", "call_work"} else ""


def _quote(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"'
