"""Releases jobs in order, within each computer's cap and only while the computer is reachable."""

import logging
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from typing import Protocol

import anyio

from crystalmath_server.adapters.aiida.calls import Calls
from crystalmath_server.adapters.aiida.daemon.broker_recovery import still_active
from crystalmath_server.adapters.aiida.submit import pending_jobs as source
from crystalmath_server.adapters.remote.connections import BlockingTransport, ClusterConnections
from crystalmath_server.domain.clusters import breaker, holding
from crystalmath_server.protocol.errors import RpcError

log = logging.getLogger(__name__)

TICK_S = 2.0


class Watch(Protocol):
    """The part of the daemon watch that the gate uses."""

    async def ensure(self) -> None:
        """Make sure that the daemon and broker are running."""
        ...

    def watch(self, pk: int) -> None:
        """Monitor a job."""
        ...


class SubmissionThrottle:
    """Tracks active jobs and decides when they may run.

    1. A job over its computer's cap is stored and held; the oldest is released when another ends or waits for
       its user.
    2. A job for a computer whose breaker is open is held until the computer answers.
    3. Jobs that AiiDA paused after a connection failure resume when our connection works again.

    Attributes
    ----------
    lock
        Held from the check whether a job may run until the job is stored.
    """

    def __init__(
        self,
        runtime: Calls,
        watch: Watch,
        connections: ClusterConnections,
        refresh: Callable[[int], Awaitable[None]],
    ) -> None:
        self.lock = anyio.Lock()
        self._runtime = runtime
        self._watch = watch
        self._connections = connections
        self._refresh = refresh
        self._loaded = False
        self._under_way: dict[int, str] = {}
        self._held: dict[int, str] = {}
        self._plays: Counter[int] = Counter()
        self._has_stranded = False

    @property
    def is_needed(self) -> bool:
        """Whether a job is waiting for this server, which must then not shut down when idle."""
        return bool(self._held) or self._has_stranded

    async def why_not(self, cluster: str) -> str:
        """The reason to hold a new job for a computer, or an empty string to submit it."""
        await self._load()
        state = self._connections.breaker(cluster)
        if not breaker.allows(state, time.time()):
            return holding.unreachable(cluster, state.reason)
        cap = (await self._runtime.call(source.caps, (cluster,))).get(cluster, 0)
        held = cluster in self._held.values()
        full = held or (cap and [*(await self._at_work()).values()].count(cluster) >= cap)
        return holding.over_cap(cluster, cap) if full else ""

    def note(self, pk: int, cluster: str, *, held: bool) -> None:
        """Record a stored job."""
        (self._held if held else self._under_way)[pk] = cluster

    async def let_go(self, pk: int) -> None:
        """Send a held job to a worker now; other jobs are unaffected."""
        cluster = self._held.pop(pk, None)
        if cluster is not None:
            self._under_way[pk] = cluster
            await self._watch.ensure()
            await self._runtime.call(source.hand_out, pk)
            self._watch.watch(pk)
            await self._refresh(pk)

    async def run(self) -> None:
        """Release and resume jobs until cancelled."""
        while True:
            try:
                await self._tick()
            except RpcError as error:
                log.info("jobs are held: %s", error)
            except Exception:
                log.exception("the job gate failed")
            await anyio.sleep(TICK_S)

    async def _load(self) -> None:
        if self._loaded:
            return
        for job in await self._runtime.call(source.jobs_under_way):
            self.note(job.pk, job.cluster, held=job.held)
        self._loaded = True

    async def _tick(self) -> None:
        await self._load()
        await self._forget_ended()
        await self._play_stranded()
        if self._held:
            async with self.lock:
                await self._let_go_due()

    async def _at_work(self) -> dict[int, str]:
        """Active jobs, except those waiting for their user, which take no slot on a computer."""
        await self._forget_ended()
        asking = set(await self._runtime.call(source.jobs_with_questions, tuple(self._under_way)))
        return {pk: cluster for pk, cluster in self._under_way.items() if pk not in asking}

    async def _forget_ended(self) -> None:
        asked = tuple(self._under_way)
        for pk in set(asked) - set(await self._runtime.call(still_active, asked)):
            self._under_way.pop(pk, None)
            self._plays.pop(pk, None)

    async def _let_go_due(self) -> None:
        clusters = set(self._held.values())
        caps = await self._runtime.call(source.caps, tuple(clusters))
        left_alone = [name for name in clusters if not await self._answers(name)]
        for pk in holding.due(self._held, await self._at_work(), caps, left_alone):
            await self.let_go(pk)

    async def _play_stranded(self) -> None:
        found = await self._runtime.call(source.stranded_jobs, tuple(self._under_way))
        waiting = {pk: name for pk, name in found.items() if self._plays[pk] < holding.MOST_PLAYS}
        self._has_stranded = bool(waiting)
        for cluster in set(waiting.values()):
            if await self._can_reach(cluster):
                pks = [pk for pk, name in waiting.items() if name == cluster]
                log.info("%s answers; resuming %d paused jobs", cluster, len(pks))
                await self._runtime.call(source.play, tuple(pks))
                self._plays.update(pks)

    async def _answers(self, cluster: str) -> bool:
        """Whether a computer is reachable; a computer with past failures is tried again."""
        return not self._connections.breaker(cluster).failures or await self._can_reach(cluster)

    async def _can_reach(self, cluster: str) -> bool:
        """Try our own connection unless the breaker is open."""
        if not breaker.allows(self._connections.breaker(cluster), time.time()):
            return False
        try:
            target = await self._runtime.call(source.target_of, cluster)
            await self._connections.get(cluster).run(target, _ask)
        except RpcError:
            return False
        return True


def _ask(line: BlockingTransport) -> None:
    line.exec_command_wait("true")
