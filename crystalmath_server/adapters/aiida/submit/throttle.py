"""Lets jobs go to their computers: no more than each one's cap, none while it cannot be reached, in order."""

import logging
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from typing import Protocol

import anyio

from crystalmath_server.adapters.aiida.calls import Calls
from crystalmath_server.adapters.aiida.daemon.broker_recovery import still_active
from crystalmath_server.adapters.aiida.submit import pending_jobs as source
from crystalmath_server.adapters.remote.link import Connection, Links
from crystalmath_server.domain.clusters import breaker, holding
from crystalmath_server.protocol.errors import RpcError

log = logging.getLogger(__name__)

TICK_S = 2.0


class Watch(Protocol):
    """What the gate needs of the daemon's watch."""

    async def ensure(self) -> None:
        """Have a daemon and a broker."""
        ...

    def watch(self, pk: int) -> None:
        """Look after a job."""
        ...


class Gate:
    """Knows the jobs that have not ended.

    1. A job over its computer's cap is stored and held; the oldest goes when another has ended or waits for
       its user.
    2. A job for a computer that our own connection leaves alone (breaker) is held until it answers.
    3. Jobs that AiiDA paused since its connection failed go on when ours works again.

    Attributes
    ----------
    lock
        Held from the question whether a job may go until it is stored.
    """

    def __init__(
        self, runtime: Calls, watch: Watch, links: Links, refresh: Callable[[int], Awaitable[None]]
    ) -> None:
        self.lock = anyio.Lock()
        self._runtime = runtime
        self._watch = watch
        self._links = links
        self._refresh = refresh
        self._loaded = False
        self._under_way: dict[int, str] = {}
        self._held: dict[int, str] = {}
        self._plays: Counter[int] = Counter()
        self._has_stranded = False

    @property
    def is_needed(self) -> bool:
        """Whether a job waits for this server: it must not end of idleness."""
        return bool(self._held) or self._has_stranded

    async def why_not(self, cluster: str) -> str:
        """Why a new job for a computer must be held; empty: it may go."""
        await self._load()
        state = self._links.breaker(cluster)
        if not breaker.allows(state, time.time()):
            return holding.resting(cluster, state.trouble)
        cap = (await self._runtime.call(source.caps, (cluster,))).get(cluster, 0)
        held = cluster in self._held.values()
        full = held or (cap and [*(await self._at_work()).values()].count(cluster) >= cap)
        return holding.over_cap(cluster, cap) if full else ""

    def note(self, pk: int, cluster: str, *, held: bool) -> None:
        """A job was stored."""
        (self._held if held else self._under_way)[pk] = cluster

    async def let_go(self, pk: int) -> None:
        """Give a held job to a worker now; of others nothing is done."""
        cluster = self._held.pop(pk, None)
        if cluster is not None:
            self._under_way[pk] = cluster
            await self._watch.ensure()
            await self._runtime.call(source.hand_out, pk)
            self._watch.watch(pk)
            await self._refresh(pk)

    async def run(self) -> None:
        """Work until cancelled."""
        while True:
            try:
                await self._tick()
            except RpcError as error:
                log.info("jobs are held back: %s", error)
            except Exception:
                log.exception("the gate of jobs failed")
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
        """Jobs under way but for those that wait for their user, which take no place on a computer."""
        await self._forget_ended()
        asking = set(await self._runtime.call(source.asking, tuple(self._under_way)))
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
        found = await self._runtime.call(source.stranded, tuple(self._under_way))
        waiting = {pk: name for pk, name in found.items() if self._plays[pk] < holding.MOST_PLAYS}
        self._has_stranded = bool(waiting)
        for cluster in set(waiting.values()):
            if await self._reached(cluster):
                pks = [pk for pk, name in waiting.items() if name == cluster]
                log.info("%s answers: %d paused jobs go on", cluster, len(pks))
                await self._runtime.call(source.play, tuple(pks))
                self._plays.update(pks)

    async def _answers(self, cluster: str) -> bool:
        """Whether nothing is known against a computer; one that rested is tried."""
        return not self._links.breaker(cluster).failures or await self._reached(cluster)

    async def _reached(self, cluster: str) -> bool:
        """Try our own connection, unless it is resting."""
        if not breaker.allows(self._links.breaker(cluster), time.time()):
            return False
        try:
            target = await self._runtime.call(source.target_of, cluster)
            await self._links.get(cluster).run(target, _ask)
        except RpcError:
            return False
        return True


def _ask(line: Connection) -> None:
    line.exec_command_wait("true")
