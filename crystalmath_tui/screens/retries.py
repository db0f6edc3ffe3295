"""Retries: pending requests to rerun jobs, each with its key until answered."""

from dataclasses import replace

from crystalmath_server.protocol.again import (
    JOBS_RESTART,
    JOBS_RETRY,
    RestartJobParams,
    RetryJobParams,
)
from crystalmath_server.protocol.errors import ConnectionLost
from crystalmath_server.protocol.jobs import Submitted
from crystalmath_server.protocol.record import record
from crystalmath_tui.core.effects import Call, Effect, Say
from crystalmath_tui.core.formatting import error_text
from crystalmath_tui.core.messages import Answered, Connected, Message, Refused


@record
class Slice:
    """(pk of the earlier job, key) of all pending requests, and the keys of restarts."""

    pending: tuple[tuple[int, str], ...] = ()
    restarts: tuple[str, ...] = ()


START = Slice()


def update(retries: Slice, message: Message) -> tuple[Slice, tuple[Effect, ...]]:
    """Send retries; resend with the same key after a lost connection."""
    match message:
        case Answered("retry key", str(key), pk):
            return replace(retries, pending=(*retries.pending, (pk, key))), (_call(retries, (pk, key)),)
        case Answered("restart key", str(key), pk):
            more = Slice((*retries.pending, (pk, key)), (*retries.restarts, key))
            return more, (_call(more, (pk, key)),)
        case Connected():
            return retries, tuple(_call(retries, asked) for asked in retries.pending)
        case Answered("retry", Submitted() as submitted, asked):
            goes_on = asked[1] in retries.restarts
            what = f"continues from job {asked[0]}" if goes_on else f"runs job {asked[0]} again"
            words = f"Job {submitted.pk} {what}."
            return _without(retries, asked), (Say(words),)
        case Refused("retry", ConnectionLost()):
            return retries, ()
        case Refused("retry", error, asked):
            words = f"Job {asked[0]} was not rerun: {error_text(error)}"
            return _without(retries, asked), (Say(words, "error"),)
        case _:
            return retries, ()


def _call(retries: Slice, request: tuple[int, str]) -> Effect:
    key = f"retry {request[1]}"
    if request[1] in retries.restarts:
        return Call(JOBS_RESTART, RestartJobParams(*request), "retry", request, key, handles_refusal=True)
    return Call(JOBS_RETRY, RetryJobParams(*request), "retry", request, key, handles_refusal=True)


def _without(retries: Slice, request: tuple[int, str]) -> Slice:
    return replace(retries, pending=tuple(each for each in retries.pending if each != request))
