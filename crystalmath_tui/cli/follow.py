"""follow PK PATH: print a file of a job as it grows, until the job ends."""

import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import replace

from crystalmath_server.protocol.errors import ConnectionLost
from crystalmath_server.protocol.logs import LOGS_CREDIT, LOGS_FOLLOW, CreditParams, FollowParams, LogChunk
from crystalmath_tui.cli import output
from crystalmath_tui.cli.options import of_params, to_params
from crystalmath_tui.cli.parser import parse
from crystalmath_tui.cli.session import DONE, Session

_HIDDEN = {"identity", "credit"}
_CREDIT = 32 * 1_048_576
_WAIT_S = 60.0
_RETRY_S = 1.0

OPTIONS = tuple(row for row in of_params(FollowParams) if row.name not in _HIDDEN)


def run_follow(session: Session, arguments: Sequence[str]) -> int:
    """Follow to the end; after a broken connection, continue at the next byte."""
    params: FollowParams = to_params(FollowParams, OPTIONS, parse(OPTIONS, arguments))
    params = replace(params, credit=_CREDIT)
    while True:
        try:
            begun = session.call(LOGS_FOLLOW, params)
            params = replace(params, offset=begun.offset, identity=begun.identity)
            for chunk in _chunks(session, begun.subscription):
                params = replace(params, offset=chunk.next_offset, identity=chunk.identity)
                if _put(session, chunk):
                    return DONE
        except ConnectionLost as lost:
            output.say(f"{lost}; connecting again")
            session.close()
            time.sleep(_RETRY_S)


def _chunks(session: Session, subscription: int) -> Iterator[LogChunk]:
    """Each chunk; the credit for printed bytes is granted again."""
    client, spent = session.client(), 0
    while True:
        notice = client.next_notice(_WAIT_S)
        if notice is None or not isinstance(notice.params, LogChunk):
            continue
        chunk = notice.params
        if chunk.subscription != subscription:
            continue
        yield chunk
        spent += chunk.next_offset - chunk.offset
        if spent >= _CREDIT // 2:
            session.call(LOGS_CREDIT, CreditParams(subscription, spent))
            spent = 0


def _put(session: Session, chunk: LogChunk) -> bool:
    """Print a chunk; return whether it was the last."""
    if session.as_json:
        output.put_json(chunk)
    elif chunk.content:
        output.put_part(chunk.encoding, chunk.content)
    if chunk.event and not session.as_json:
        output.say(f"{chunk.event}: {chunk.words}")
    sys.stdout.flush()
    return chunk.event == "ended"
