"""Following a job's file range by range as it grows, first on the cluster, then in the retrieved files.

1. Chunks are contiguous; if a file shrinks or is replaced, an event reports it and reading restarts.
2. The job's state is queried before each read, so a read after the end sees the complete file.
3. Only as many bytes are read as the client has granted; only one read is in memory at a time.
4. An unreachable cluster is reported once and then retried without limit.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace

import anyio

from crystalmath_server.domain.jobs.sink import Sink
from crystalmath_server.domain.results.excerpts import as_text
from crystalmath_server.domain.vasp_run.work_folder import FilePart
from crystalmath_server.ports import Ports
from crystalmath_server.protocol.errors import NotFound, RpcError
from crystalmath_server.protocol.logs import FollowParams, LogChunk, LogEvent
from crystalmath_server.services.file_source import FileSource

RANGE = 2_097_152
"""Maximum size of a chunk [bytes]; it fits into a frame even if every character is escaped."""
READ = 8_388_608
"""Maximum size of a read [bytes]; over SSH each read has an overhead of 20 ms, equivalent to 2 MB."""
LEAST_PAUSE_S, MOST_PAUSE_S = 0.4, 3.0
"""Shortest and longest interval between reads of a file that does not grow [s]."""
TAIL = 1_048_576
"""How far from the end the last lines are searched for [bytes]."""


@dataclass(frozen=True, slots=True)
class Start:
    """The position where following starts."""

    offset: int
    size: int
    identity: str


async def start_of(ports: Ports, params: FollowParams) -> Start:
    """The start position; 0 for a file that does not exist yet.

    Raises
    ------
    NotFound
        The job does not exist, or it has ended without such a file.
    """
    source = FileSource(ports.jobs, ports.work, params.pk, params.path, params.source)
    ended = await source.has_ended()
    try:
        seen = await source.read(0, 1, ended=ended)
        return Start(
            await _first_byte(params, source, seen, ended=ended), seen.size, params.identity or seen.identity
        )
    except NotFound:
        if ended:
            raise
        return Start(params.offset or 0, 0, params.identity)


async def _first_byte(params: FollowParams, source: FileSource, seen: FilePart, *, ended: bool) -> int:
    if params.offset is not None:
        return params.offset
    if params.last_lines is not None:
        first = max(0, seen.size - TAIL)
        tail = (await source.read(first, seen.size - first, ended=ended)).data
        return first + _last_lines(tail, params.last_lines)
    return 0 if params.last_bytes is None else max(0, seen.size - params.last_bytes)


def _last_lines(data: bytes, count: int) -> int:
    """Offset of the last `count` lines; a newline at the very end does not start a new line."""
    end = len(data) - data.endswith(b"\n")
    if count == 0:
        return len(data)
    for _ in range(count):
        end = data.rfind(b"\n", 0, end)
        if end < 0:
            return 0
    return end + 1


class Follow:
    """A file being followed."""

    def __init__(self, ports: Ports, params: FollowParams, start: Start) -> None:
        self._source = FileSource(ports.jobs, ports.work, params.pk, params.path, params.source)
        self._offset = start.offset
        self._size = start.size
        self._identity = start.identity
        self._told: LogEvent = ""
        self._pause_s = LEAST_PAUSE_S

    async def run(self, sink: Sink) -> None:
        """Send existing and new content until the job has ended and everything is sent."""
        while self._told != "ended":
            room = min(await sink.room(), READ)
            before = self._offset
            for chunk in await self._next(room):
                await sink.room()  # wait if the client is slow or paused the subscription
                sink.send(replace(chunk, subscription=sink.number), chunk.next_offset - chunk.offset)
            await self._rest(grew=self._offset > before)

    async def _rest(self, *, grew: bool) -> None:
        self._pause_s = LEAST_PAUSE_S if grew else min(self._pause_s * 1.5, MOST_PAUSE_S)
        if self._told != "ended" and (not grew or self._offset >= self._size):
            await anyio.sleep(self._pause_s)

    async def _next(self, room: int) -> Iterable[LogChunk]:
        """The next chunks, if any."""
        ended = False
        try:
            ended = await self._source.has_ended()
            piece = await self._source.read(self._offset, room, ended=ended)
        except NotFound as error:
            if ended:
                return (self._event("ended", f"the file is gone: {error}"),)
            return self._once("waiting", f"the file does not exist yet: {error}")
        except RpcError as error:
            return self._once("unreachable", f"{error}; retrying")
        return self._take(piece, ended=ended)

    def _take(self, piece: FilePart, *, ended: bool) -> Iterable[LogChunk]:
        if restart := self._restart_chunk(piece, ended=ended):
            return (restart,)
        self._size, self._identity = piece.size, piece.identity or self._identity
        if not piece.data:
            return self._at_end(ended=ended)
        return self._cut(piece, at_end=ended and self._offset + len(piece.data) >= piece.size)

    def _cut(self, piece: FilePart, *, at_end: bool) -> Iterable[LogChunk]:
        """Chunks of a read, created lazily; a character cut off at the end is read again."""
        first = 0
        while first < len(piece.data):
            part = piece.data[first : first + RANGE]
            last = first + len(part) == len(piece.data)
            encoding, content, used = as_text(part, at_end=at_end and last)
            offset, self._offset, self._told = self._offset, self._offset + used, ""
            yield LogChunk(0, offset, self._offset, piece.size, encoding, content, self._identity)
            first = len(piece.data) if last else first + used

    def _restart_chunk(self, piece: FilePart, *, ended: bool) -> LogChunk | None:
        """The event for a file that was replaced or truncated; reading then restarts at the beginning."""
        rotated = bool(piece.identity and self._identity and piece.identity != self._identity)
        if not rotated and piece.size >= self._offset:
            return None
        if ended and not piece.identity:
            return self._event("ended", f"the retrieved file has only {piece.size} bytes")
        self._offset, self._size, self._identity = 0, piece.size, piece.identity
        if rotated:
            return self._event("rotated", "the file was replaced; the new file follows from the beginning")
        return self._event(
            "truncated", f"the file shrank to {piece.size} bytes; it follows from the beginning"
        )

    def _at_end(self, *, ended: bool) -> Iterable[LogChunk]:
        if ended:
            return (self._event("ended", "the job has ended and the file is complete"),)
        if self._told in {"waiting", "unreachable"}:
            self._told = ""
        return ()

    def _once(self, event: LogEvent, text: str) -> Iterable[LogChunk]:
        return () if self._told == event else (self._event(event, text),)

    def _event(self, event: LogEvent, text: str) -> LogChunk:
        self._told = event
        return LogChunk(
            0, self._offset, self._offset, self._size, identity=self._identity, event=event, words=text
        )
