"""Calls of the interface over one link: answers, deadlines, slots, and a limit on calls in flight."""

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
    """Calls over one link with answers, deadlines and slots; calls over the limit are queued."""

    def __init__(self, link: Link) -> None:
        self.link = link
        self._running: dict[int, tuple[Call[Any, Any], float]] = {}
        self._waiting: deque[Call[Any, Any]] = deque()
        self._told: dict[int, Progress] = {}

    @property
    def progress(self) -> tuple[Progress, ...]:
        """Progress of the calls that are not answered yet, newest last."""
        return tuple(self._told.values())

    def take_notice(self, notice: Notice) -> None:
        """Store the progress of a call; progress of unknown calls is dropped."""
        match notice:
            case Notice(params=ProgressParams(id=int() as number, text=text, fraction=fraction)):
                if number in self._running:
                    self._told.pop(number, None)
                    self._told[number] = Progress(self._running[number][0].slot, text, fraction)
            case _:
                pass

    def start(self, call: Call[Any, Any], now: float) -> None:
        """Send a call; an earlier call in the same slot is cancelled and its answer dropped."""
        if call.slot:
            self._supersede(call.slot)
        self._waiting.append(call)
        self._send(now)

    def take_response(self, response: Response, now: float) -> Message | None:
        """The message for an answer, or None if its call was dropped."""
        call, _ = self._running.pop(response.id, (None, 0.0))
        self._told.pop(response.id, None)
        self._send(now)
        if call is None:
            return None
        return call.answer(response.result) if response.error is None else call.refuse(response.error)

    def expire(self, now: float) -> list[Message]:
        """Give up calls that were not answered in time."""
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

    def fail_all(self, error: RpcError) -> list[Message]:
        """Fail all calls after the link is lost."""
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
