"""Trends of jobs in a list: known trends immediately, missing ones read in the background.

1. Requests never wait for a cluster; they return the trends known so far.
2. Only the jobs of the last request are read, one at a time with pauses, and a running job at most every
   FRESH_S; this limits the load of a permanently displayed list on a cluster.
3. The trend of an ended job is kept and not read again.
"""

import logging
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import anyio

from crystalmath_server.domain.vasp_run.trend import trend_of
from crystalmath_server.ports import Background, JobStore, Progress
from crystalmath_server.protocol.errors import RpcError
from crystalmath_server.protocol.jobs import ENDED, JobState
from crystalmath_server.protocol.progress import Trend

log = logging.getLogger(__name__)

FRESH_S = 30.0
PAUSE_S = 0.2
MOST_KEPT = 1024
_POINTS = 4096


@dataclass(frozen=True, slots=True)
class Seen:
    """A trend and the time it was read."""

    trend: Trend
    at: float


class RunTrends:
    """Cache of job trends; can be dropped at any time."""

    def __init__(self, jobs: JobStore, progress: Progress, background: Background) -> None:
        self._jobs = jobs
        self._progress = progress
        self._seen: dict[int, Seen] = {}
        self._wanted: list[int] = []
        self._background = background
        self._is_looking = False

    def of(self, pks: Sequence[int]) -> tuple[Trend, ...]:
        """Known trends of the jobs; missing and outdated trends are read in the background."""
        now = time.monotonic()
        self._wanted = [pk for pk in pks if self._is_due(pk, now)]
        if self._wanted and not self._is_looking:
            self._is_looking = True
            self._background.start_soon(self._look)
        return tuple(self._seen[pk].trend for pk in pks if pk in self._seen)

    def _is_due(self, pk: int, now: float) -> bool:
        seen = self._seen.get(pk)
        return seen is None or (not seen.trend.final and now - seen.at >= FRESH_S)

    async def _look(self) -> None:
        try:
            while self._wanted:
                pk = self._wanted.pop(0)
                self._keep(pk, await self._trend_or_none(pk))
                await anyio.sleep(PAUSE_S)
        finally:
            self._is_looking = False

    async def _trend_or_none(self, pk: int) -> Trend:
        """The trend of a job; empty if unreadable, so that the other jobs are still read."""
        try:
            return await self._trend(pk)
        except RpcError as error:
            log.info("cannot get the steps of job %d: %s", pk, error)
        except Exception:
            log.exception("cannot read the steps of job %d", pk)
        return trend_of(pk, (), (), final=False)

    async def _trend(self, pk: int) -> Trend:
        """The trend of an ended job from its stored results, of a running job from its files."""
        state = await self._jobs.state(pk)
        if state in ENDED:
            steps = (await self._jobs.results(pk)).steps
            energies, forces = [row.energy_ev for row in steps], [row.max_force_ev_a for row in steps]
            return trend_of(pk, energies, forces, final=True)
        if state is not JobState.RUNNING:
            return trend_of(pk, (), (), final=False)
        columns = (await self._progress.look(pk, _POINTS)).steps
        return trend_of(pk, columns.energy_ev, columns.max_force_ev_a, final=False)

    def _keep(self, pk: int, trend: Trend) -> None:
        self._seen.pop(pk, None)
        for old in _oldest(self._seen, len(self._seen) - MOST_KEPT + 1):
            del self._seen[old]
        self._seen[pk] = Seen(trend, time.monotonic())


def _oldest(seen: Iterable[int], count: int) -> list[int]:
    return [pk for _, pk in zip(range(max(0, count)), seen, strict=False)]
