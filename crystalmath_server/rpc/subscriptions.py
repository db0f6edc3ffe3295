"""Subscriptions of one client: tasks that end with its session, and their remaining credit."""

import logging
from collections.abc import Callable
from dataclasses import replace

import anyio
from anyio.abc import TaskGroup

from crystalmath_server.domain.jobs.sink import SubscriptionWork
from crystalmath_server.protocol.errors import ConnectionLost, Overloaded
from crystalmath_server.protocol.logs import LOGS_CHUNK, LogChunk, SubscriptionState
from crystalmath_server.rpc import envelope
from crystalmath_server.rpc.outbox import Outbox

log = logging.getLogger(__name__)

MOST = 16
"""Maximum number of subscriptions per client."""
MOST_CREDIT = 1 << 30

Send = Callable[[bytes], None]


class Subscription:
    """A task that sends chunks within its credit."""

    def __init__(self, number: int, credit: int, outbox: Outbox, send: Send) -> None:
        self.number = number
        self.credit = credit
        self.paused = False
        self.scope = anyio.CancelScope()
        self._outbox = outbox
        self._send = send
        self._changed = anyio.Event()
        self._last = LogChunk(number, 0, 0, 0)

    def change(self, *, more: int = 0, paused: bool | None = None) -> None:
        """Grant credit, pause or resume."""
        self.credit = min(self.credit + more, MOST_CREDIT)
        self.paused = self.paused if paused is None else paused
        self._changed.set()

    async def room(self) -> int:
        """Bytes that may be sent now; waits while there is no credit or the client's send queue is full."""
        while self.paused or self.credit <= 0 or self._outbox.full:
            await self._outbox.wait_drained()
            if self.paused or self.credit <= 0:
                self._changed = anyio.Event()
                await self._changed.wait()
        return self.credit

    def send(self, chunk: LogChunk, spent: int) -> None:
        """Send a chunk that costs `spent` bytes of credit."""
        self.credit -= spent
        self._last = LogChunk(self.number, chunk.next_offset, chunk.next_offset, chunk.size)
        self._send(envelope.notification(LOGS_CHUNK.name, chunk))

    async def run(self, work: SubscriptionWork) -> None:
        """Run the work until it ends or is cancelled; errors end only this subscription."""
        with self.scope:
            try:
                await work(self)
            except ConnectionLost:
                raise
            except Exception:
                log.exception("subscription %d failed", self.number)
                words = "the server could not continue; see its log: crystalmath-server logs"
                self.send(replace(self._last, event="ended", words=words), 0)

    @property
    def state(self) -> SubscriptionState:
        """The state to report to the client."""
        return SubscriptionState(self.number, active=True, credit=self.credit, paused=self.paused)


class Subscriptions:
    """The subscriptions of one client."""

    def __init__(self, outbox: Outbox, send: Send) -> None:
        self._outbox = outbox
        self._send = send
        self._held: dict[int, Subscription] = {}
        self._last = 0

    def start(self, tasks: TaskGroup, work: SubscriptionWork, credit: int) -> int:
        """Start a subscription and return its number.

        Raises
        ------
        Overloaded
            The client has too many subscriptions.
        """
        if len(self._held) >= MOST:
            raise Overloaded(f"This client follows {MOST} files.", hint="End one first: logs.unfollow")
        self._last += 1
        made = self._held[self._last] = Subscription(self._last, credit, self._outbox, self._send)
        tasks.start_soon(self._run, made, work)
        return made.number

    def change(self, number: int, *, more: int = 0, paused: bool | None = None) -> SubscriptionState:
        """Grant credit, pause or resume; an ended subscription is reported as inactive."""
        found = self._held.get(number)
        if found is None:
            return SubscriptionState(number, active=False)
        found.change(more=more, paused=paused)
        return found.state

    def end(self, number: int) -> SubscriptionState:
        """End a subscription; no effect if it has already ended."""
        found = self._held.pop(number, None)
        if found is not None:
            found.scope.cancel()
        return SubscriptionState(number, active=False)

    async def _run(self, subscription: Subscription, work: SubscriptionWork) -> None:
        try:
            await subscription.run(work)
        finally:
            self._held.pop(subscription.number, None)
