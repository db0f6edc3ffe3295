"""A process that continues where AiiDA's broker is gone for a while; nothing of it is lost or done twice."""

import asyncio
import logging
from typing import Any
from weakref import WeakValueDictionary

import kiwipy
from aiida.engine import CalcJob, Process

from crystalmath_server.plugins.broker_tolerant_communicator import BrokerTolerantCommunicator

log = logging.getLogger(__name__)

AGAIN_S = 2.0
_at_work: WeakValueDictionary[Any, Process] = WeakValueDictionary()
"""Processes of this worker by pk."""


class BrokerTolerantProcess(Process):
    """Where the broker dies as a worker begins a process, AiiDA ends the process; here it is worked on.

    The broker hands its task out again when it is back. AiiDA knows such a task by the subscription, which
    was never made; so it is known by the process that is at work, and dropped.
    """

    def init(self) -> None:
        """Subscribe, as far as that is possible now."""
        other = _at_work.get(self.pid)
        if other is not None and other is not self and not (other.has_terminated() or other._closed):  # noqa: SLF001
            raise kiwipy.DuplicateSubscriberIdentifier(f"process {self.pid} is at work in this worker")
        _at_work[self.pid] = self
        if self._communicator is not None:
            self._communicator: Any = BrokerTolerantCommunicator(self._communicator)
        super().init()

    async def step_until_terminated(self) -> None:
        """Continue to the end, and meanwhile subscribe where that was not possible before."""
        subscribing = asyncio.create_task(self._subscribe_when_back())
        try:
            await super().step_until_terminated()
        finally:
            subscribing.cancel()

    async def _subscribe_when_back(self) -> None:
        """Without it nobody could pause or kill the process."""
        line = self._communicator
        while isinstance(line, BrokerTolerantCommunicator) and line.missed:
            await asyncio.sleep(AGAIN_S)
            try:
                self.add_cleanup(await asyncio.to_thread(line.subscribe_again))
            except TimeoutError as error:
                log.info("process %s cannot subscribe yet: %s", self.pid, error)


class BrokerTolerantCalcJob(BrokerTolerantProcess, CalcJob):
    """A CalcJob of this kind."""
