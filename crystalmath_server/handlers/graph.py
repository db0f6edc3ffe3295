"""nodes.graph, nodes.draw: what a node came from and what came of it."""

from crystalmath_server.ports import Ports
from crystalmath_server.protocol.exports import WrittenFile
from crystalmath_server.protocol.graph import DrawGraphParams, Graph, GraphParams


async def graph(ports: Ports, params: GraphParams) -> Graph:
    """Provenance around a node."""
    return await ports.documents.graph(params)


async def draw(ports: Ports, params: DrawGraphParams) -> WrittenFile:
    """Provenance around a node as a file."""
    return await ports.documents.draw(params)
