"""nodes.graph: what a node came from and what came of it."""

from crystalmath_server.ports import Ports
from crystalmath_server.protocol.graph import Graph, GraphParams


async def graph(ports: Ports, params: GraphParams) -> Graph:
    """Provenance around a node."""
    return await ports.documents.graph(params)
