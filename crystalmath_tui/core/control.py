"""Cancel, pause, play, stop, retry and restart jobs: the questions, and the calls behind them."""

from collections.abc import Sequence

from crystalmath_server.protocol.jobs import (
    ENDED,
    JOBS_CANCEL,
    JOBS_PAUSE,
    JOBS_PLAY,
    Control,
    ControlJobParams,
    JobRow,
    JobState,
)
from crystalmath_server.protocol.method import Method
from crystalmath_server.protocol.progress import JOBS_STOP, StopJobParams
from crystalmath_tui.core.effects import Ask, Call, Effect, NewKey, Say
from crystalmath_tui.core.formatting import count, state_span
from crystalmath_tui.core.lines import Line, line

_NAMED = 8


def restart(pk: int) -> tuple[Effect, ...]:
    """Ask, then continue from a job, with a new idempotency key."""
    words = "Its input files are corrected as custodian would, and it starts from the last positions."
    key = NewKey("restart key", pk)
    return (Ask(f"Continue from job {pk} in a new job?", (line(("dim", f"  {words}")),), (key,)),)


def retry(rows: Sequence[JobRow]) -> tuple[Effect, ...]:
    """Ask, then run the ended jobs again, each with a new idempotency key."""
    ended = [row for row in rows if row.state in ENDED]
    if not ended:
        words = (
            "no job is selected." if not rows else "it has not ended. Cancel it first, or clone it with c."
        )
        return (Say(f"Nothing to run again: {words}", "warn"),)
    left = len(rows) - len(ended)
    more = (line(("dim", f"          {count(left, 'job')} of these have not ended")),) if left else ()
    keys = tuple(NewKey("retry key", row.pk) for row in ended)
    title = f"Run {count(len(ended), 'job')} again with the same inputs?"
    return (Ask(title, (*_names(ended), *more), keys),)


def cancel(rows: Sequence[JobRow]) -> tuple[Effect, ...]:
    """Ask, then cancel the jobs that have not ended."""
    alive = [row for row in rows if row.state not in ENDED]
    if not alive:
        return (
            Say("Nothing to cancel: " + ("no job is selected." if not rows else "it has ended."), "warn"),
        )
    calls = _calls(JOBS_CANCEL, "cancelled", alive)
    return (Ask(f"Cancel {count(len(alive), 'job')}? Results so far are lost.", _names(alive), calls),)


def stop(row: JobRow) -> tuple[Effect, ...]:
    """Ask, then stop a job after its ionic step; the server reports whether that is possible."""
    if row.state is not JobState.RUNNING:
        return (Say(f"Nothing to stop: it is {row.state}.", "warn"),)
    call = Call(JOBS_STOP, StopJobParams(row.pk), "job stop", key=f"stop {row.pk}")
    title = "Stop the job after its current ionic step? Results so far are kept."
    return (Ask(title, _names((row,)), (call,)),)


def pause_or_play(rows: Sequence[JobRow]) -> tuple[Effect, ...]:
    """Resume paused and held jobs; if there are none, pause the jobs that have not ended."""
    paused = [row for row in rows if row.state is JobState.PAUSED or row.held]
    if paused:
        return (Say(f"Asking {count(len(paused), 'job')} to go on …"), *_calls(JOBS_PLAY, "playing", paused))
    alive = [row for row in rows if row.state not in ENDED]
    if not alive:
        return (Say("Nothing to pause: " + ("no job is selected." if not rows else "it has ended."), "warn"),)
    return (Say(f"Asking {count(len(alive), 'job')} to pause …"), *_calls(JOBS_PAUSE, "paused", alive))


def control_note(control: Control, verb: str) -> Say:
    """The outcome of a control call, for the status line."""
    if control.done:
        return Say(f"Job {control.pk} is {control.state}.")
    return Say(f"Job {control.pk} is not {verb} yet: {control.waiting_for}", "warn")


def _calls(
    method: Method[ControlJobParams, Control], verb: str, rows: Sequence[JobRow]
) -> tuple[Call[ControlJobParams, Control], ...]:
    return tuple(
        Call(method, ControlJobParams(row.pk), "job control", verb, key=f"{method.name} {row.pk}")
        for row in rows
    )


def _names(rows: Sequence[JobRow]) -> tuple[Line, ...]:
    named = [
        line(("number", f"{row.pk:>8}  "), (state_span(row.state).style, f"{row.state:<11}"), row.label)
        for row in rows[:_NAMED]
    ]
    more = len(rows) - len(named)
    return (*named, *([line(("dim", f"          and {more} more"))] if more else []))
