"""The target of a subscription, and the work it does until it ends."""

from collections.abc import Callable, Coroutine
from typing import Any, Protocol

from crystalmath_server.protocol.logs import LogChunk


class Sink(Protocol):
    """The target of a subscription, limited by the credit that its client granted."""

    @property
    def number(self) -> int:
        """Number of the subscription."""
        ...

    async def room(self) -> int:
        """Wait until the client reads and has granted credit; return the bytes that may be sent now."""
        ...

    def send(self, chunk: LogChunk, spent: int) -> None:
        """Send a chunk that costs `spent` bytes."""
        ...


SubscriptionWork = Callable[[Sink], Coroutine[Any, Any, None]]
"""The work of a subscription until it ends or is canceled."""
