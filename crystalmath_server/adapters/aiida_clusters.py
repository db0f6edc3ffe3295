"""AiiDA computers as clusters."""

from collections.abc import Callable
from typing import Any, Protocol, TypeVar

from crystalmath_server.protocol.clusters import ClusterList, ClusterRow

T = TypeVar("T")


class Runtime(Protocol):
    """What this adapter needs of the AiiDA thread."""

    async def call(self, fn: Callable[..., T], *args: object) -> T:
        """Run on the AiiDA thread."""
        ...


class AiidaClusters:
    """The Clusters port."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime

    async def list_clusters(self) -> ClusterList:
        """All computers, by label."""
        return await self._runtime.call(read_clusters)


def read_clusters() -> ClusterList:
    """All computers; on the AiiDA thread."""
    from aiida import orm

    found: list[Any] = orm.QueryBuilder().append(orm.Computer).all(flat=True)
    user = orm.User.collection.get_default()
    rows = [_row(computer, user) for computer in found]
    return ClusterList(tuple(sorted(rows, key=lambda row: row.label)))


def _row(computer: Any, user: Any) -> ClusterRow:
    return ClusterRow(
        pk=computer.pk,
        label=computer.label,
        hostname=computer.hostname,
        transport=computer.transport_type,
        scheduler=computer.scheduler_type,
        work_dir=computer.get_workdir(),
        enabled=user is not None and computer.is_user_configured(user) and computer.is_user_enabled(user),
    )
