"""Where a subscription sends to, and what it does until it ends."""

from collections.abc import Callable, Coroutine
from typing import Any, Protocol

from crystalmath_server.protocol.logs import LogChunk


class Sink(Protocol):
    """Where a subscription sends to, within what its client granted."""

    @property
    def number(self) -> int:
        """Number of the subscription."""
        ...

    async def room(self) -> int:
        """Bytes that may be sent now; waits until there are some and the client reads its mail."""
        ...

    def send(self, chunk: LogChunk, spent: int) -> None:
        """Send a chunk that costs `spent` bytes."""
        ...


SubscriptionWork = Callable[[Sink], Coroutine[Any, Any, None]]
"""What a subscription does until it ends or is cancelled."""
