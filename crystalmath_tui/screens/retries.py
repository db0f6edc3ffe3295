"""Retries: jobs that are asked to run once more; each keeps its key until it is answered."""

from dataclasses import replace

from crystalmath_server.protocol.again import JOBS_RETRY, RetryJobParams
from crystalmath_server.protocol.errors import ConnectionLost
from crystalmath_server.protocol.record import record
from crystalmath_tui.core.control import Retried, RetryFailed, RetryKeyed
from crystalmath_tui.core.effects import Call, Effect, Say, Tagged
from crystalmath_tui.core.messages import Connected, Message
from crystalmath_tui.core.words import error_words


@record
class Slice:
    """(pk of the earlier job, key) of all that are not answered."""

    pending: tuple[tuple[int, str], ...] = ()


START = Slice()


def update(retries: Slice, message: Message) -> tuple[Slice, tuple[Effect, ...]]:
    """Send; send again with the same key after a lost connection, for it may have been heard or not."""
    match message:
        case RetryKeyed(pk, key):
            return replace(retries, pending=(*retries.pending, (pk, key))), (_call((pk, key)),)
        case Connected():
            return retries, tuple(map(_call, retries.pending))
        case Retried(asked, submitted):
            words = f"Job {submitted.pk} runs job {asked[0]} again."
            return _without(retries, asked), (Say(words),)
        case RetryFailed(_, ConnectionLost()):
            return retries, ()
        case RetryFailed(asked, error):
            words = f"Job {asked[0]} does not run again: {error_words(error)}"
            return _without(retries, asked), (Say(words, "error"),)
        case _:
            return retries, ()


def _call(asked: tuple[int, str]) -> Effect:
    params = RetryJobParams(*asked)
    return Call(
        JOBS_RETRY, params, Tagged(Retried, asked), Tagged(RetryFailed, asked), key=f"retry {asked[1]}"
    )


def _without(retries: Slice, asked: tuple[int, str]) -> Slice:
    return replace(retries, pending=tuple(each for each in retries.pending if each != asked))
