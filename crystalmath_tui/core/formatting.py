"""Display texts for states, ages, sizes, numbers and errors."""

import json
from datetime import datetime
from math import isfinite

from crystalmath_server.protocol.errors import RpcError
from crystalmath_server.protocol.jobs import JobState
from crystalmath_tui.core.lines import Span
from crystalmath_tui.core.messages import Progress

GLYPHS = {
    JobState.CREATED: "·",
    JobState.PREPARING: "↑",
    JobState.QUEUED: "…",
    JobState.RUNNING: "▸",
    JobState.COLLECTING: "↓",
    JobState.PAUSED: "=",
    JobState.FINISHED: "✓",
    JobState.FAILED: "✗",
    JobState.EXCEPTED: "!",
    JobState.KILLED: "×",
}
"""Decorative symbols; the name of the state is always shown next to them."""

_MINUTE, _HOUR, _DAY = 60, 3600, 86400


def state_span(state: JobState) -> Span:
    """A state as symbol and name, in its color."""
    return Span(f"state.{state}", f"{GLYPHS[state]} {state}")


def age(seconds: float) -> str:
    """A duration in at most two units, such as 3h05; empty if it is not a number."""
    if not isfinite(seconds):
        return ""
    whole = max(0, int(seconds))
    if whole < _MINUTE:
        return f"{whole}s"
    if whole < _HOUR:
        return f"{whole // _MINUTE}m{whole % _MINUTE:02}"
    if whole < _DAY:
        return f"{whole // _HOUR}h{whole % _HOUR // _MINUTE:02}"
    return f"{whole // _DAY}d{whole % _DAY // _HOUR:02}"


def clock(time_s: float) -> str:
    """A UNIX time as local time of day; empty if it is not a time."""
    try:
        return f"{datetime.fromtimestamp(time_s).astimezone():%H:%M:%S}"
    except (ValueError, OverflowError, OSError):
        return ""


def file_size(count: int) -> str:
    """A size in bytes, kB, MB or GB."""
    if count < 1000:
        return f"{count} B"
    size = float(count)
    for unit in ("kB", "MB"):
        size /= 1000
        if size < 999.5:
            return f"{size:.1f} {unit}"
    return f"{size / 1000:.1f} GB"


def number(value: object) -> str:
    """A JSON value for display, with six significant digits."""
    if isinstance(value, bool) or value is None:
        return {True: "yes", False: "no", None: "none"}[value]
    if isinstance(value, float):
        return f"{value:.6g}"
    return str(value)


def count(amount: int, noun: str) -> str:
    """An amount with its noun, such as 3 jobs."""
    return f"{amount} {noun}" if amount == 1 else f"{amount} {noun}s"


def progress_text(progress: Progress) -> str:
    """Progress of a call: the server's text and the completed fraction."""
    known = progress.fraction is not None and isfinite(progress.fraction)
    done = f" {min(1.0, max(0.0, progress.fraction or 0.0)):.0%}" if known else ""
    return f"{progress.text} …{done}"


def error_text(error: RpcError) -> str:
    """An error's description and hint."""
    field = f"{error.data.field}: " if error.data.field else ""
    words = f"{field}{error.data.detail or error.message}".rstrip(".")
    return f"{words}. {error.data.hint}".strip() if error.data.hint else f"{words}."


def result_text(value: object) -> str:
    """A result for display: a float with up to ten significant digits, anything else as JSON."""
    if isinstance(value, float):
        return f"{value + 0.0:.10g}"
    if value is None or isinstance(value, (str, bool, int)):
        return number(value)
    return json.dumps(value, ensure_ascii=False, default=str)
