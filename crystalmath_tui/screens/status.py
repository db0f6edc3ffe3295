"""The status line: the connection, the state of the server's parts and the last message."""

from dataclasses import replace
from typing import Literal

from crystalmath_server.protocol.errors import ConnectionLost, RequestCancelled, RpcError
from crystalmath_server.protocol.jobs import Control
from crystalmath_server.protocol.method import NoParams
from crystalmath_server.protocol.record import record
from crystalmath_server.protocol.system import STATUS, Part, PartState, Status
from crystalmath_tui.core.cells import clean, cut, fit, width, wrap
from crystalmath_tui.core.control import control_note
from crystalmath_tui.core.effects import Call, Connect, Effect, Later, Say
from crystalmath_tui.core.formatting import error_text, progress_text
from crystalmath_tui.core.lines import Line, Span, line, line_width
from crystalmath_tui.core.messages import (
    Answered,
    CallFailed,
    Connected,
    Connecting,
    Disconnected,
    Message,
    Progress,
    Progressed,
    Refused,
    RetryDue,
    Ticked,
)

_SHORTEST_WAIT_S, _LONGEST_WAIT_S = 0.25, 30.0
_NOTE_S = 8.0
_LEAST_WORDS, _MOST_WORDS = 30, 6
_READ_S = 3.0
_MARKS = {
    PartState.READY: "ok",
    PartState.LOADING: "warn",
    PartState.STOPPED: "warn",
    PartState.FAILED: "error",
}


@record
class Slice:
    """The connection and the last message.

    Attributes
    ----------
    text
        What is being done about the connection, or why it was lost.
    retry_at
        UNIX time of the next attempt [s]; 0 if none is planned.
    """

    phase: Literal["connecting", "online", "waiting"] = "connecting"
    profile: str = ""
    text: str = "connecting …"
    attempt: int = 0
    retry_at: float = 0.0
    polling: bool = False
    status: Status | None = None
    note: Say | None = None
    note_at: float = 0.0
    progress: tuple[Progress, ...] = ()


START = Slice()


def update(status: Slice, message: Message, now: float) -> tuple[Slice, tuple[Effect, ...]]:
    """Track the connection and keep the last message."""
    match message:
        case Ticked():
            return _tick(status, now)
        case Connecting(words):
            return replace(status, phase="connecting", text=words), ()
        case Connected(hello):
            online = replace(status, phase="online", profile=hello.profile, text="", attempt=0, retry_at=0.0)
            return _poll(replace(online, note=None if status.attempt else status.note))
        case Disconnected(error, chance):
            return _wait_to_retry(status, error, chance, now)
        case RetryDue() if status.phase == "waiting":
            return replace(status, phase="connecting", text="connecting …"), (Connect(),)
        case _:
            return _on_answer(status, message, now), ()


def _on_answer(status: Slice, message: Message, now: float) -> Slice:
    """Store an answer of the server."""
    match message:
        case Answered("status", Status() as loaded):
            return replace(status, status=loaded, polling=False)
        case Refused("status"):
            return replace(status, polling=False)
        case CallFailed(error):
            return with_error(status, error, now)
        case Progressed(calls):
            return replace(status, progress=calls)
        case Answered("job control", Control() as control, verb):
            return with_note(status, control_note(control, verb), now)
        case _:
            return status


def with_note(status: Slice, note: Say, now: float) -> Slice:
    """Show a message in the status line."""
    return replace(status, note=note, note_at=now)


def drop_read_note(status: Slice, now: float) -> Slice:
    """Drop the last message at the first key after it has been shown long enough."""
    return replace(status, note=None) if status.note and now - status.note_at > _READ_S else status


def with_error(status: Slice, error: RpcError, now: float) -> Slice:
    """Show an error with its hint, except for lost connections and superseded calls."""
    if isinstance(error, (ConnectionLost, RequestCancelled)):
        return status
    return with_note(status, Say(error_text(error), "error"), now)


def retry_delay_s(attempt: int, chance: float) -> float:
    """Delay before the next attempt, doubled each time and randomized by up to half [s]."""
    longest = min(_LONGEST_WAIT_S, _SHORTEST_WAIT_S * 2 ** min(attempt, 10))
    return longest * (0.5 + chance / 2)


def _tick(status: Slice, now: float) -> tuple[Slice, tuple[Effect, ...]]:
    if status.note and status.note.style == "info" and now - status.note_at > _NOTE_S:
        status = replace(status, note=None)
    return _poll(status)


def _poll(status: Slice) -> tuple[Slice, tuple[Effect, ...]]:
    if status.phase != "online" or status.polling:
        return status, ()
    poll = Call(STATUS, NoParams(), "status", handles_refusal=True)
    return replace(status, polling=True), (poll,)


def _wait_to_retry(
    status: Slice, error: RpcError, chance: float, now: float
) -> tuple[Slice, tuple[Effect, ...]]:
    delay = retry_delay_s(status.attempt, chance)
    waiting = replace(
        status,
        phase="waiting",
        text=error_text(error),
        attempt=status.attempt + 1,
        retry_at=now + delay,
        polling=False,
        status=None,
        progress=(),
    )
    return waiting, (Later(delay, RetryDue(), key="retry"),)


def connection_error(status: Slice, now: float) -> str:
    """Why there is no connection; empty while connected."""
    if status.phase == "online":
        return ""
    wait = max(0, round(status.retry_at - now))
    again = f"Trying again in {wait} s: " if status.phase == "waiting" and wait else ""
    return f"{again}{status.text}"


def view(status: Slice, now: float, cols: int) -> Line:
    """One line: the last message on the left, server and parts on the right if they fit."""
    style, words = ("", "") if overflow(status, cols) else _left_part(status, now)
    if status.phase == "online" and words and width(clean(words)) + line_width(_badge(status)) + 3 > cols:
        return (Span(style, fit(f" {words}", cols)),)
    badge = _badge(status)
    for right in (_parts(status, full=True), _parts(status, full=False), badge):
        room = cols - line_width(right) - 3
        if width(clean(words)) <= room or (right is badge and room >= _LEAST_WORDS):
            return (Span(style, fit(f" {words}", room + 1)), Span("", " "), *right, Span("", " "))
    return (Span(style, cut(f" {words}", cols)),)


def overflow(status: Slice, cols: int) -> tuple[Line, ...]:
    """The full last message, if too long for one line."""
    note = status.note
    hidden = note is None or (status.progress and note.style == "info")
    if status.phase != "online" or note is None or hidden or width(clean(note.text)) + 2 <= cols:
        return ()
    rows = wrap(note.text, max(1, cols - 2))
    return (line(("rule", "─" * cols)), *(line((note.style, f" {row}")) for row in rows[-_MOST_WORDS:]))


def _left_part(status: Slice, now: float) -> tuple[str, str]:
    """Style and text of the left part."""
    if status.phase != "online":
        return _phase_style(status), connection_error(status, now)
    if status.progress and (status.note is None or status.note.style == "info"):
        return "accent", progress_text(status.progress[-1])
    if status.note:
        return status.note.style, status.note.text
    return _worst(status.status)


def _worst(status: Status | None) -> tuple[str, str]:
    """Style and text of the first unhealthy part, with its hint."""
    parts = () if status is None else (status.storage, status.daemon, status.worker)
    ill = [part for part in parts if part.state in (PartState.FAILED, PartState.STOPPED) and part.hint]
    return (_MARKS[ill[0].state], f"{ill[0].detail}. {ill[0].hint}") if ill else ("", "")


def _badge(status: Slice) -> Line:
    words = {"online": "connected", "waiting": "no connection", "connecting": "connecting"}[status.phase]
    profile = f"{status.profile} · " if status.profile else ""
    return line((_phase_style(status), "● "), ("dim", profile), (_phase_style(status), words))


def _phase_style(status: Slice) -> str:
    return {"online": "ok", "waiting": "error", "connecting": "warn"}[status.phase]


def _parts(status: Slice, *, full: bool) -> Line:
    if status.status is None:
        return _badge(status)
    known = status.status
    named = (("storage", known.storage), ("daemon", known.daemon), ("worker", known.worker))
    return (*_badge(status), *(span for name, part in named for span in _part(name, part, full=full)))


def _part(name: str, part: Part, *, full: bool) -> Line:
    words = part.detail if full and part.detail and width(part.detail) <= 24 else str(part.state)
    if not full and part.state is PartState.READY:
        return ()
    return line(("dim", f" · {name} "), (_MARKS[part.state], words))
