"""However a file grows, little is granted and often the client leaves: every byte comes once."""

import asyncio

from hypothesis import given, settings
from hypothesis import strategies as st

from crystalmath_server.protocol.jobs import JobState
from crystalmath_server.protocol.logs import FollowParams, LogChunk
from crystalmath_server.services import following
from crystalmath_server.services.file_source import bytes_of
from crystalmath_server.services.following import Follow, start_of
from tests import fakes

PATH = "log"
STEPS = st.lists(
    st.one_of(
        st.binary(min_size=1, max_size=40),
        st.text(min_size=1, max_size=20).map(str.encode),
        st.integers(1, 60),
        st.just("reconnect"),
    ),
    max_size=20,
)


class Client:
    """Remembers the offset and what came, over any number of connections."""

    number = 1

    def __init__(self) -> None:
        self.credit = 0
        self.changed = asyncio.Event()
        self.data = b""
        self.offset = 0
        self.ended = False

    async def room(self) -> int:
        while self.credit <= 0:
            self.changed.clear()
            await self.changed.wait()
        return self.credit

    def grant(self, count: int) -> None:
        self.credit += count
        self.changed.set()

    def send(self, chunk: LogChunk, spent: int) -> None:
        assert chunk.offset == self.offset
        assert 0 <= spent <= self.credit
        self.credit -= spent
        self.data += bytes_of(chunk)
        self.offset = chunk.next_offset
        self.ended = chunk.event == "ended"


async def replay(steps: list[bytes | int | str], monkey: dict[str, float]) -> None:
    following.LEAST_PAUSE_S, following.MOST_PAUSE_S = monkey["least"], monkey["most"]
    following.RANGE, following.READ = int(monkey["range"]), int(monkey["read"])
    ports = fakes.ports()
    client, written = Client(), b""
    task = None
    for step in [*steps, "reconnect"]:
        if isinstance(step, bytes):
            written += step
            ports.work.put(1, PATH, written)  # type: ignore[attr-defined]
        elif isinstance(step, int):
            client.grant(step)
        else:
            if task is not None:
                task.cancel()
            asked = FollowParams(1, PATH, offset=client.offset)
            made = Follow(ports, asked, await start_of(ports, asked))
            task = asyncio.create_task(made.run(client))
        await asyncio.sleep(0)
    ports.work.put(1, PATH, written)  # type: ignore[attr-defined]
    ports.jobs.change(1, JobState.FINISHED)  # type: ignore[attr-defined]
    client.grant(1 << 20)
    assert task is not None
    async with asyncio.timeout(10):
        await task
    assert client.ended
    assert client.data == written


@settings(max_examples=60)
@given(STEPS)
def test_every_byte_comes_once(steps: list[bytes | int | str]) -> None:
    before = following.LEAST_PAUSE_S, following.MOST_PAUSE_S, following.RANGE, following.READ
    try:
        asyncio.run(replay(steps, {"least": 0.0, "most": 0.0, "range": 7, "read": 20}))
    finally:
        following.LEAST_PAUSE_S, following.MOST_PAUSE_S, following.RANGE, following.READ = before
