"""nodes.graph, nodes.draw: the provenance graph around a node."""

from crystalmath_server.ports import Ports
from crystalmath_server.protocol.exports import WrittenFile
from crystalmath_server.protocol.graph import DrawGraphParams, Graph, GraphParams


async def graph(ports: Ports, params: GraphParams) -> Graph:
    """The provenance graph around a node."""
    return await ports.documents.graph(params)


async def draw(ports: Ports, params: DrawGraphParams) -> WrittenFile:
    """Write the provenance graph around a node to a file."""
    return await ports.documents.draw(params)
