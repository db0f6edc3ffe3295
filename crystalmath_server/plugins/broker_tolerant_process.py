"""Processes that survive an outage of AiiDA's broker, without losing or repeating work."""

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
"""Processes running in this worker, by pk."""


class BrokerTolerantProcess(Process):
    """Keeps a process running if the broker dies while a worker starts it; AiiDA would end the process.

    When the broker is back, it delivers the task again. AiiDA detects such duplicates by the subscription,
    which is missing here, so they are detected by the running process and dropped.
    """

    def init(self) -> None:
        """Initialize the process, and subscribe as far as the broker allows."""
        other = _at_work.get(self.pid)
        if other is not None and other is not self and not (other.has_terminated() or other._closed):  # noqa: SLF001
            raise kiwipy.DuplicateSubscriberIdentifier(
                f"process {self.pid} is already running in this worker"
            )
        _at_work[self.pid] = self
        if self._communicator is not None:
            self._communicator: Any = BrokerTolerantCommunicator(self._communicator)
        super().init()

    async def step_until_terminated(self) -> None:
        """Run to the end, and meanwhile add missed subscriptions."""
        subscribing = asyncio.create_task(self._subscribe_when_back())
        try:
            await super().step_until_terminated()
        finally:
            subscribing.cancel()

    async def _subscribe_when_back(self) -> None:
        """Make missed subscriptions, without which the process could not be paused or killed."""
        line = self._communicator
        while isinstance(line, BrokerTolerantCommunicator) and line.missed:
            await asyncio.sleep(AGAIN_S)
            try:
                self.add_cleanup(await asyncio.to_thread(line.subscribe_again))
            except TimeoutError as error:
                log.info("process %s cannot subscribe yet: %s", self.pid, error)


class BrokerTolerantCalcJob(BrokerTolerantProcess, CalcJob):
    """A CalcJob that survives an outage of the broker."""
