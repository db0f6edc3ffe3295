"""A file of a job read range by range as it grows, first on its cluster, then from what was retrieved.

1. What is sent joins without a gap; a file that shrank or was replaced is read again, and that is said.
2. The state of the job is asked for before each read: what is read after the end is the whole.
3. Nothing is read that the client has not granted; one read is in memory at a time.
4. A computer that cannot be reached is said once and asked again; nothing is given up.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace

import anyio

from crystalmath_server.domain.jobs.sink import Sink
from crystalmath_server.domain.results.excerpts import as_text
from crystalmath_server.domain.vasp_run.work_folder import Piece
from crystalmath_server.ports import Ports
from crystalmath_server.protocol.errors import NotFound, RpcError
from crystalmath_server.protocol.logs import FollowParams, LogChunk, LogEvent
from crystalmath_server.services.file_source import FileSource

RANGE = 2_097_152
"""Most bytes of one chunk: even if every letter has to be escaped it fits into a frame."""
READ = 8_388_608
"""Most bytes of one read: over ssh each costs some 20 ms beside its bytes, as much as 2 MB of them."""
LEAST_PAUSE_S, MOST_PAUSE_S = 0.4, 3.0
"""How soon a file that does not grow is looked at again; a cluster hears of us no more often."""
TAIL = 1_048_576
"""How far back the last lines are looked for [bytes]."""


@dataclass(frozen=True, slots=True)
class Start:
    """Where a file is followed from."""

    offset: int
    size: int
    identity: str


async def start_of(ports: Ports, params: FollowParams) -> Start:
    """Where to begin; a file that is not there yet begins at 0.

    Raises
    ------
    NotFound
        There is no such job; or it has ended and left no such file.
    """
    source = FileSource(ports.jobs, ports.work, params.pk, params.path, params.source)
    ended = await source.ended()
    try:
        seen = await source.read(0, 1, ended=ended)
        return Start(
            await _first_byte(params, source, seen, ended=ended), seen.size, params.identity or seen.identity
        )
    except NotFound:
        if ended:
            raise
        return Start(params.offset or 0, 0, params.identity)


async def _first_byte(asked: FollowParams, source: FileSource, seen: Piece, *, ended: bool) -> int:
    if asked.offset is not None:
        return asked.offset
    if asked.last_lines is not None:
        first = max(0, seen.size - TAIL)
        tail = (await source.read(first, seen.size - first, ended=ended)).data
        return first + _last_lines(tail, asked.last_lines)
    return 0 if asked.last_bytes is None else max(0, seen.size - asked.last_bytes)


def _last_lines(data: bytes, count: int) -> int:
    """Where the last `count` lines begin; an end of line at the very end begins none."""
    end = len(data) - data.endswith(b"\n")
    if count == 0:
        return len(data)
    for _ in range(count):
        end = data.rfind(b"\n", 0, end)
        if end < 0:
            return 0
    return end + 1


class Follow:
    """One file that is followed."""

    def __init__(self, ports: Ports, params: FollowParams, start: Start) -> None:
        self._source = FileSource(ports.jobs, ports.work, params.pk, params.path, params.source)
        self._offset = start.offset
        self._size = start.size
        self._identity = start.identity
        self._told: LogEvent = ""
        self._pause_s = LEAST_PAUSE_S

    async def run(self, sink: Sink) -> None:
        """Send what there is and what comes until the job has ended and all is sent."""
        while self._told != "ended":
            room = min(await sink.room(), READ)
            before = self._offset
            for chunk in await self._next(room):
                await sink.room()  # for a client that is behind, or has asked for a pause
                sink.send(replace(chunk, subscription=sink.number), chunk.next_offset - chunk.offset)
            await self._rest(grew=self._offset > before)

    async def _rest(self, *, grew: bool) -> None:
        self._pause_s = LEAST_PAUSE_S if grew else min(self._pause_s * 1.5, MOST_PAUSE_S)
        if self._told != "ended" and (not grew or self._offset >= self._size):
            await anyio.sleep(self._pause_s)

    async def _next(self, room: int) -> Iterable[LogChunk]:
        """What comes next, if there is anything."""
        ended = False
        try:
            ended = await self._source.ended()
            piece = await self._source.read(self._offset, room, ended=ended)
        except NotFound as error:
            if ended:
                return (self._event("ended", f"the file is gone: {error}"),)
            return self._once("waiting", f"the file is not there yet: {error}")
        except RpcError as error:
            return self._once("unreachable", f"{error}; it is tried again")
        return self._taken(piece, ended=ended)

    def _taken(self, piece: Piece, *, ended: bool) -> Iterable[LogChunk]:
        if started_anew := self._anew(piece, ended=ended):
            return (started_anew,)
        self._size, self._identity = piece.size, piece.identity or self._identity
        if not piece.data:
            return self._at_end(ended=ended)
        return self._cut(piece, at_end=ended and self._offset + len(piece.data) >= piece.size)

    def _cut(self, piece: Piece, *, at_end: bool) -> Iterable[LogChunk]:
        """Chunks of a read, made one by one; what is left of a letter that its end cuts is read again."""
        first = 0
        while first < len(piece.data):
            part = piece.data[first : first + RANGE]
            last = first + len(part) == len(piece.data)
            encoding, content, used = as_text(part, at_end=at_end and last)
            offset, self._offset, self._told = self._offset, self._offset + used, ""
            yield LogChunk(0, offset, self._offset, piece.size, encoding, content, self._identity)
            first = len(piece.data) if last else first + used

    def _anew(self, piece: Piece, *, ended: bool) -> LogChunk | None:
        """Said where the file is not the one that was read so far; it is read from its beginning then."""
        rotated = bool(piece.identity and self._identity and piece.identity != self._identity)
        if not rotated and piece.size >= self._offset:
            return None
        if ended and not piece.identity:
            return self._event("ended", f"what was retrieved has {piece.size} bytes only")
        self._offset, self._size, self._identity = 0, piece.size, piece.identity
        if rotated:
            return self._event("rotated", "another file has taken its place; it follows from its beginning")
        return self._event(
            "truncated", f"the file shrank to {piece.size} bytes; it follows from its beginning"
        )

    def _at_end(self, *, ended: bool) -> Iterable[LogChunk]:
        if ended:
            return (self._event("ended", "the job has ended and the file is whole"),)
        if self._told in {"waiting", "unreachable"}:
            self._told = ""
        return ()

    def _once(self, event: LogEvent, words: str) -> Iterable[LogChunk]:
        return () if self._told == event else (self._event(event, words),)

    def _event(self, event: LogEvent, words: str) -> LogChunk:
        self._told = event
        return LogChunk(
            0, self._offset, self._offset, self._size, identity=self._identity, event=event, words=words
        )
