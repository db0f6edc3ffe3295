"""Bounded send queue of one client: bytes are sent immediately if possible, otherwise queued."""

import socket
from collections import deque

import anyio

from crystalmath_server.protocol.errors import ConnectionLost


class Outbox:
    """Bytes that one client has not received yet.

    Attributes
    ----------
    size
        Number of queued bytes.
    """

    def __init__(self, sock: socket.socket, high_water: int, limit: int) -> None:
        self._sock = sock
        self._high_water = high_water
        self._limit = limit
        self._queue: deque[memoryview] = deque()
        self._drained = anyio.Event()
        self.size = 0

    @property
    def full(self) -> bool:
        """Whether the client must read before the server accepts more requests."""
        return self.size > self._high_water

    def put(self, data: bytes) -> None:
        """Send data, and queue what the socket does not accept.

        Raises
        ------
        ConnectionLost
            The client has disconnected, or has left too many bytes unread.
        """
        rest = memoryview(data)
        if not self._queue:
            rest = rest[self._send(rest) :]
        if not rest:
            return
        if self.size + len(rest) > self._limit:
            raise ConnectionLost(f"The client left {self.size} bytes unread.")
        self._queue.append(rest)
        self.size += len(rest)

    async def flush(self, patience_s: float) -> None:
        """Send all queued bytes.

        Raises
        ------
        ConnectionLost
            The client has disconnected, or read nothing for `patience_s`.
        """
        while self._queue:
            sent = self._send(self._queue[0])
            if sent:
                self._advance(sent)
                continue
            with anyio.move_on_after(patience_s) as scope:
                await anyio.wait_writable(self._sock)
            if scope.cancelled_caught:
                raise ConnectionLost(f"The client read nothing for {patience_s:g} s.")
        self._wake()

    async def wait_drained(self) -> None:
        """Wait until the queue is no longer full."""
        while self.full:
            if self._drained.is_set():  # other tasks may still wait for an unset event
                self._drained = anyio.Event()
            await self._drained.wait()

    def _advance(self, sent: int) -> None:
        self.size -= sent
        if sent == len(self._queue[0]):
            self._queue.popleft()
        else:
            self._queue[0] = self._queue[0][sent:]
        if not self.full:
            self._wake()

    def _wake(self) -> None:
        self._drained.set()

    def _send(self, data: memoryview) -> int:
        try:
            return self._sock.send(data)
        except BlockingIOError:
            return 0
        except OSError as error:
            raise ConnectionLost(str(error)) from error
