"""Files that are followed: joined without a gap, said where they break, within what was granted."""

import asyncio
import base64
from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

from crystalmath_server.protocol.errors import NotFound, TransportFailed
from crystalmath_server.protocol.jobs import JobState
from crystalmath_server.protocol.logs import FollowParams, LogChunk
from crystalmath_server.services import following
from crystalmath_server.services.following import Follow, start_of
from tests import fakes

if TYPE_CHECKING:
    from crystalmath_server.ports import Ports
    from tests.fake_folders import FakeWorkFolders
    from tests.fake_jobs import FakeJobs

PATH = "OSZICAR"


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(following, "LEAST_PAUSE_S", 0.001)
    monkeypatch.setattr(following, "MOST_PAUSE_S", 0.002)


class Reader:
    """A sink that keeps what comes, and the file as it is known by it."""

    number = 1

    def __init__(self, credit: int = 1 << 30) -> None:
        self.credit = credit
        self.chunks: list[LogChunk] = []
        self.data = b""

    async def room(self) -> int:
        while self.credit <= 0:  # noqa: ASYNC110  granted from outside
            await asyncio.sleep(0.001)
        return self.credit

    def send(self, chunk: LogChunk, spent: int) -> None:
        self.credit -= spent
        self.chunks.append(chunk)
        content = base64.b64decode(chunk.content) if chunk.encoding == "base64" else chunk.content.encode()
        if chunk.event in {"truncated", "rotated"}:
            self.data = b""
        assert chunk.next_offset == chunk.offset + len(content)
        self.data += content

    @property
    def events(self) -> list[str]:
        return [chunk.event for chunk in self.chunks if chunk.event]


class Scene:
    """A job whose file is followed."""

    def __init__(self) -> None:
        self.ports: Ports = fakes.ports()
        self.work: FakeWorkFolders = self.ports.work  # type: ignore[assignment]
        self.jobs: FakeJobs = self.ports.jobs  # type: ignore[assignment]
        self.reader = Reader()

    def write(self, text: bytes) -> None:
        self.work.append(1, PATH, text)

    def end(self, brought_back: bytes | None = None) -> None:
        if brought_back is not None:
            self.jobs.get(1).files["retrieved", PATH] = brought_back
        self.jobs.change(1, JobState.FINISHED)

    async def follow(self, **params: object) -> "asyncio.Task[None]":
        asked = FollowParams(1, PATH, **params)  # type: ignore[arg-type]
        made = Follow(self.ports, asked, await start_of(self.ports, asked))
        return asyncio.create_task(made.run(self.reader))


async def until(holds: Callable[[], object]) -> None:
    async with asyncio.timeout(5):
        while not holds():  # noqa: ASYNC110  what is awaited is a value
            await asyncio.sleep(0.001)


def test_growth_comes_as_it_is_written_and_the_end_is_said() -> None:
    async def main() -> None:
        scene = Scene()
        scene.write(b"one\n")
        task = await scene.follow()
        await until(lambda: scene.reader.data == b"one\n")
        scene.write("zwölf\n".encode())
        await until(lambda: scene.reader.data.endswith(b"lf\n"))
        scene.write(b"last\n")
        scene.end("one\nzwölf\nlast\nand more\n".encode())
        await task
        assert scene.reader.data == "one\nzwölf\nlast\nand more\n".encode()
        assert scene.reader.events == ["ended"]

    asyncio.run(main())


def test_a_file_that_is_not_brought_back_is_read_where_it_is() -> None:
    async def main() -> None:
        scene = Scene()
        scene.write(b"x" * 10)
        scene.end()
        await (await scene.follow())
        assert (scene.reader.data, scene.reader.events) == (b"x" * 10, ["ended"])

    asyncio.run(main())


def test_a_file_is_waited_for_and_its_absence_at_the_end_is_said() -> None:
    async def main() -> None:
        scene = Scene()
        task = await scene.follow()
        await until(lambda: scene.reader.events == ["waiting"])
        scene.write(b"at last")
        await until(lambda: scene.reader.data)
        scene.jobs.get(1).files.clear()
        scene.end()
        await task
        assert scene.reader.events[-1] == "ended"
        with pytest.raises(NotFound):
            await scene.follow()

    asyncio.run(main())


def test_a_file_that_shrinks_or_is_replaced_is_read_again() -> None:
    async def main() -> None:
        scene = Scene()
        scene.write(b"0123456789")
        task = await scene.follow()
        await until(lambda: len(scene.reader.data) == 10)
        scene.work.put(1, PATH, b"ab")
        await until(lambda: scene.reader.data == b"ab")
        scene.work.put(1, PATH, b"another and longer")
        scene.work.identities[1, PATH] = "2"
        await until(lambda: scene.reader.data == b"another and longer")
        assert scene.reader.events == ["truncated", "rotated"]
        task.cancel()

    asyncio.run(main())


def test_a_computer_that_is_away_is_said_once_and_nothing_is_lost() -> None:
    async def main() -> None:
        scene = Scene()
        scene.write(b"before ")
        task = await scene.follow()
        await until(lambda: scene.reader.data)
        scene.work.trouble = TransportFailed("no route")
        await until(lambda: scene.reader.events)
        await asyncio.sleep(0.02)
        scene.work.trouble = None
        scene.write(b"after")
        await until(lambda: scene.reader.data == b"before after")
        assert scene.reader.events == ["unreachable"]
        task.cancel()

    asyncio.run(main())


def test_nothing_is_read_beyond_what_was_granted() -> None:
    async def main() -> None:
        scene = Scene()
        scene.write(b"x" * 1000)
        scene.reader.credit = 10
        task = await scene.follow()
        await until(lambda: len(scene.reader.data) == 10)
        before = scene.work.bytes_read
        await asyncio.sleep(0.02)
        assert scene.work.bytes_read == before <= 11  # one byte was read to see the file
        scene.reader.credit += 90
        await until(lambda: len(scene.reader.data) == 100)
        task.cancel()

    asyncio.run(main())


@pytest.mark.parametrize(
    "given, expected",
    [
        ({}, b"a\nb\n\nc\n"),
        ({"last_lines": 0}, b""),
        ({"last_lines": 1}, b"c\n"),
        ({"last_lines": 3}, b"b\n\nc\n"),
        ({"last_lines": 99}, b"a\nb\n\nc\n"),
        ({"last_bytes": 2}, b"c\n"),
        ({"last_bytes": 99}, b"a\nb\n\nc\n"),
        ({"offset": 5, "last_lines": 1}, b"c\n"),
    ],
)
def test_where_it_begins(given: dict[str, int], expected: bytes) -> None:
    async def main() -> None:
        scene = Scene()
        scene.write(b"a\nb\n\nc\n")
        scene.end()
        await (await scene.follow(**given))
        assert scene.reader.data == expected

    asyncio.run(main())


def test_bytes_that_are_no_text_are_said_to_be_none_and_come_whole() -> None:
    async def main() -> None:
        scene = Scene()
        scene.write(bytes(range(256)))
        scene.end()
        await (await scene.follow())
        assert scene.reader.data == bytes(range(256))
        assert scene.reader.chunks[0].encoding == "base64"

    asyncio.run(main())


def test_who_comes_back_learns_that_the_file_was_replaced() -> None:
    async def main() -> None:
        scene = Scene()
        scene.write(b"the new file is long")
        scene.work.identities[1, PATH] = "2"
        scene.end()
        await (await scene.follow(offset=4, identity="1"))
        assert scene.reader.events == ["rotated", "ended"]
        assert scene.reader.data == b"the new file is long"

    asyncio.run(main())
