"""clusters.*: computers that run jobs."""

from crystalmath_server.ports import Ports
from crystalmath_server.protocol.clusters import ClusterList
from crystalmath_server.protocol.method import NoParams


async def list_clusters(ports: Ports, _params: NoParams) -> ClusterList:
    """All computers of the profile."""
    return await ports.clusters.list_clusters()
