"""Calls of the interface over one link: answers, deadlines, keys, and a limit in flight."""

from collections import deque
from typing import Any

from crystalmath_server.protocol.errors import CallTimeout, RpcError
from crystalmath_server.protocol.system import ProgressParams
from crystalmath_tui.client.connection import Notice, Response
from crystalmath_tui.client.transport import Link
from crystalmath_tui.core.effects import Call
from crystalmath_tui.core.messages import Message, Progress

_MOST_IN_FLIGHT = 16


class Calls:
    """Calls over one link: their answers, deadlines and keys; those over the limit wait their turn."""

    def __init__(self, link: Link) -> None:
        self.link = link
        self._running: dict[int, tuple[Call[Any, Any], float]] = {}
        self._waiting: deque[Call[Any, Any]] = deque()
        self._told: dict[int, Progress] = {}

    @property
    def progress(self) -> tuple[Progress, ...]:
        """What the server told of calls that are not answered yet, the newest last."""
        return tuple(self._told.values())

    def noticed(self, notice: Notice) -> None:
        """Keep how far a call is; what is told of no call of ours is dropped."""
        match notice:
            case Notice(params=ProgressParams(id=int() as number, text=text, fraction=fraction)):
                if number in self._running:
                    self._told.pop(number, None)
                    self._told[number] = Progress(self._running[number][0].slot, text, fraction)
            case _:
                pass

    def start(self, call: Call[Any, Any], now: float) -> None:
        """Send a call; an earlier one of the same key is cancelled and its answer dropped."""
        if call.slot:
            self._supersede(call.slot)
        self._waiting.append(call)
        self._send(now)

    def answered(self, response: Response, now: float) -> Message | None:
        """The message of an answer."""
        call, _ = self._running.pop(response.id, (None, 0.0))
        self._told.pop(response.id, None)
        self._send(now)
        if call is None:
            return None
        return call.answer(response.result) if response.error is None else call.refuse(response.error)

    def expired(self, now: float) -> list[Message]:
        """Give up what was not answered in time."""
        late = [(number, call) for number, (call, deadline) in self._running.items() if deadline < now]
        for number, _ in late:
            self._drop(number)
        self._send(now)
        return [
            call.refuse(
                CallTimeout(f"{call.method.name} was not answered within {call.method.timeout_s:g} s")
            )
            for _, call in late
        ]

    def lost(self, error: RpcError) -> list[Message]:
        """All calls fail with the link."""
        calls = [*(call for call, _ in self._running.values()), *self._waiting]
        self._running.clear()
        self._told.clear()
        self._waiting.clear()
        return [call.refuse(error) for call in calls]

    def _send(self, now: float) -> None:
        while self._waiting and len(self._running) < _MOST_IN_FLIGHT:
            call = self._waiting.popleft()
            number = self.link.request(call.method, call.params)
            self._running[number] = (call, now + call.method.timeout_s)

    def _supersede(self, key: str) -> None:
        self._waiting = deque(call for call in self._waiting if call.slot != key)
        for number in [number for number, (call, _) in self._running.items() if call.slot == key]:
            self._drop(number)

    def _drop(self, number: int) -> None:
        del self._running[number]
        self._told.pop(number, None)
        self.link.cancel(number)
        self.link.connection.forget(number)
