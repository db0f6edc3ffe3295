"""clusters.*: clusters that run jobs."""

from crystalmath_server.handlers.fields import fields
from crystalmath_server.ports import Ports
from crystalmath_server.protocol.clusters import (
    ClusterDetail,
    ClusterLabel,
    ClusterList,
    ClusterQueue,
    ClusterTest,
    ClusterTestParams,
    CreateClusterParams,
    Deleted,
    DiscoverParams,
    Discovery,
    HostList,
    UpdateClusterParams,
)
from crystalmath_server.protocol.method import NoParams


async def list_clusters(ports: Ports, _params: NoParams) -> ClusterList:
    """All clusters of the profile."""
    return await ports.clusters.list_clusters()


async def show(ports: Ports, params: ClusterLabel) -> ClusterDetail:
    """One cluster."""
    return await ports.clusters.show(params.label)


async def create(ports: Ports, params: CreateClusterParams) -> ClusterDetail:
    """Set up a cluster."""
    return await ports.clusters.create(params)


async def update(ports: Ports, params: UpdateClusterParams) -> ClusterDetail:
    """Change the given settings."""
    return await ports.clusters.update(params)


async def delete(ports: Ports, params: ClusterLabel) -> Deleted:
    """Delete an unused cluster."""
    return await ports.clusters.delete(params.label)


async def test(ports: Ports, params: ClusterTestParams) -> ClusterTest:
    """Test a cluster step by step, reporting each step as it starts."""
    return await ports.clusters.test(params, ports.server.progress)


async def queue(ports: Ports, params: ClusterLabel) -> ClusterQueue:
    """Partitions of a cluster and the user's jobs."""
    ports.server.progress(f"querying {params.label}")
    with fields(hostname="label"):
        return await ports.clusters.queue(params.label)


async def discover(ports: Ports, params: DiscoverParams) -> Discovery:
    """Detected settings of a host."""
    ports.server.progress(f"inspecting {params.hostname}")
    return await ports.clusters.discover(params)


async def hosts(ports: Ports, _params: NoParams) -> HostList:
    """Hosts in ~/.ssh/config."""
    return await ports.clusters.hosts()
