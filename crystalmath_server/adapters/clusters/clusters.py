"""The Clusters port: AiiDA computers as clusters."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields, replace
from typing import Any, TypeVar

from anyio import to_thread

from crystalmath_server.adapters.aiida import cluster_store as store
from crystalmath_server.adapters.aiida.calls import Calls
from crystalmath_server.adapters.clusters import queue as cluster_queue
from crystalmath_server.adapters.clusters.connection_test import TITLES, ConnectionTest
from crystalmath_server.adapters.remote import ssh_hosts
from crystalmath_server.adapters.remote.connections import BlockingTransport, ClusterConnections, Target
from crystalmath_server.domain.clusters import naming
from crystalmath_server.domain.clusters.discovery import SCRIPT, discovery
from crystalmath_server.domain.clusters.resources import check, check_against, merge, options
from crystalmath_server.protocol.clusters import (
    LOCAL_TRANSPORT,
    LOCALHOST,
    ClusterDetail,
    ClusterList,
    ClusterQueue,
    ClusterRow,
    ClusterTest,
    ClusterTestParams,
    CreateClusterParams,
    Deleted,
    DiscoverParams,
    Discovery,
    HostList,
    Partition,
    StepName,
    UpdateClusterParams,
)
from crystalmath_server.protocol.codes import Outcome, Step
from crystalmath_server.protocol.errors import NotFound, RpcError, TransportFailed
from crystalmath_server.protocol.method import Json
from crystalmath_server.protocol.resources import Resources

T = TypeVar("T")

FRESH_S = 600.0
"""Partition limits older than this refuse nothing; the scheduler decides."""


@dataclass(frozen=True, slots=True)
class Limits:
    """Partition limits read from a scheduler, and the time they were read."""

    seen_at: float
    partitions: tuple[Partition, ...]
    accounts: tuple[str, ...]


class AiidaClusters:
    """The Clusters port."""

    def __init__(self, runtime: Calls, connections: ClusterConnections | None = None) -> None:
        self._runtime = runtime
        self._connections = connections or ClusterConnections()
        self._limits: dict[str, Limits] = {}

    async def list_clusters(self) -> ClusterList:
        """All clusters, sorted by label."""
        found = await self._runtime.call(store.read_clusters)
        return ClusterList(tuple(self._with_trouble(row) for row in found.rows))

    async def show(self, label: str) -> ClusterDetail:
        """One cluster."""
        return self._detail_with_trouble(await self._runtime.call(store.read_detail, label))

    async def create(self, params: CreateClusterParams) -> ClusterDetail:
        """Store a cluster without connecting to it."""
        return self._detail_with_trouble(await self._runtime.call(store.create, params))

    async def update(self, params: UpdateClusterParams) -> ClusterDetail:
        """Change the given settings and rebuild the connection."""
        detail = await self._runtime.call(store.update, params)
        self._forget(params.label)
        return self._detail_with_trouble(detail)

    async def delete(self, label: str) -> Deleted:
        """Delete an unused cluster."""
        deleted = await self._runtime.call(store.delete, label)
        self._forget(label)
        return deleted

    async def test(self, params: ClusterTestParams, tell: Callable[[str], None]) -> ClusterTest:
        """Test a cluster step by step, up to the first failure."""
        facts = await self._runtime.call(store.facts, params.label)
        connection = self._connections.get(params.label)
        if params.force:
            connection.forgive()
        probe = ConnectionTest(facts, connection, params.wait_s)
        steps: list[Step] = []
        for name in params.steps or tuple(StepName):
            if any(step.outcome is Outcome.FAILED for step in steps):
                steps.append(Step(name.value, TITLES[name], Outcome.NOT_REACHED))
                continue
            tell(TITLES[name])
            steps.append(await probe.run(name))
        whole = all(step.outcome is not Outcome.FAILED for step in steps)
        return ClusterTest(params.label, whole, tuple(steps))

    async def queue(self, label: str) -> ClusterQueue:
        """Current partitions and jobs; partition limits are kept to check later submits."""
        facts = await self._runtime.call(store.facts, label)

        def look(connection: BlockingTransport) -> tuple[Any, ...]:
            user = cluster_queue.whoami(connection)
            jobs = cluster_queue.own_jobs(connection, facts, user)
            accounts = cluster_queue.accounts(connection, facts)
            return user, jobs, accounts, *cluster_queue.partitions(connection, facts)

        user, jobs, accounts, partitions, notes = await self._query(label, facts.target, look)
        self._limits[label] = Limits(time.monotonic(), partitions, accounts)
        ours = await self._runtime.call(store.our_jobs, facts.pk, [job.job_id for job in jobs])
        marked = tuple(replace(job, pk=ours.get(job.job_id)) for job in jobs)
        if facts.scheduler_type == naming.DIRECT:  # this scheduler lists every process of the user
            marked = tuple(job for job in marked if job.pk is not None)
        return ClusterQueue(label, user, time.time(), partitions, marked, notes)

    async def discover(self, params: DiscoverParams) -> Discovery:
        """Run a read-only script on a host that is not a cluster yet."""
        naming.check_transport(params.transport)
        target = await to_thread.run_sync(_host_target, params)

        def look(connection: BlockingTransport) -> str:
            return connection.exec_command_wait(SCRIPT)[1]

        text = await self._query(f"host {params.hostname}", target, look)
        if "@@end" not in text:
            detail = f"{params.hostname} did not run the discovery script: {text[:200]!r}"
            raise TransportFailed(detail, hint="The host's login shell must be able to run bash.")
        return discovery(params.hostname, text)

    async def hosts(self) -> HostList:
        """Hosts in ~/.ssh/config."""
        return await ssh_hosts.read_hosts()

    async def options(self, label: str, wanted: Resources) -> Mapping[str, Json]:
        """The cluster's default resources, overridden by `wanted` and checked."""
        try:
            found = await self._runtime.call(_defaults, label)
        except NotFound:
            if label != LOCALHOST:
                raise
            found = Resources(), naming.DIRECT  # the cluster is created with the first job
        defaults, scheduler = found
        resources = merge(defaults, wanted)
        if not any(_explicit_values(resources)):
            return {}
        check(resources, scheduler)
        limits = self._limits.get(label)
        if limits is not None and time.monotonic() - limits.seen_at < FRESH_S:
            check_against(resources, limits.partitions, limits.accounts)
        return options(resources, scheduler)

    def close(self) -> None:
        """Close our own connections."""
        self._connections.close()

    async def _query(self, name: str, target: Target, look: Callable[[BlockingTransport], T]) -> T:
        """Run `look` over the connection; transport exceptions become RpcErrors."""
        try:
            return await self._connections.get(name).run(target, look)
        except RpcError:
            raise
        except Exception as error:
            words = " ".join(str(error).split())[:500] or type(error).__name__
            raise TransportFailed(f"{target.name}: {words}") from error

    def _forget(self, label: str) -> None:
        self._connections.forget(label)
        self._limits.pop(label, None)

    def _detail_with_trouble(self, detail: ClusterDetail) -> ClusterDetail:
        return replace(detail, row=self._with_trouble(detail.row))

    def _with_trouble(self, row: ClusterRow) -> ClusterRow:
        """The row, with any trouble on our own connections."""
        state = self._connections.breaker(row.label)
        resting = state.retry_at if state.retry_at > time.time() else None
        return replace(row, trouble=state.reason, retry_at=resting)


def _explicit_values(resources: Resources) -> list[object]:
    """The values that differ from one task on one node."""
    plain = replace(
        resources, tasks_per_node=None if resources.tasks_per_node == 1 else resources.tasks_per_node
    )
    return [getattr(plain, row.name) for row in fields(plain)]


def _defaults(label: str) -> tuple[Resources, str]:
    computer = store.find(label)
    return store.defaults_of(computer), computer.scheduler_type


def _host_target(params: DiscoverParams) -> Target:
    """A transport for a host unknown to AiiDA."""
    from aiida.plugins import TransportFactory

    factory: Any = TransportFactory(params.transport)
    host, name = params.hostname, params.hostname
    if params.transport == LOCAL_TRANSPORT:
        return Target(name, "", params.transport, 0.0, lambda: factory(machine=host))
    settings = {"machine": host, "host": host, "backend": params.backend}
    interval_s = factory._DEFAULT_SAFE_OPEN_INTERVAL  # noqa: SLF001  AiiDA has no public name for it
    return Target(name, host, params.transport, interval_s, lambda: factory(**settings))
