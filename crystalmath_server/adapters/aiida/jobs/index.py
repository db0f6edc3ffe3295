"""Keeps the job index current: an initial load, then broadcasts, modification times and counts."""

import gc
import logging
import threading
import time
import uuid
from datetime import UTC, datetime
from typing import Any

import anyio
from anyio import from_thread, lowlevel, to_thread

from crystalmath_server.adapters.aiida.calls import Runtime
from crystalmath_server.adapters.aiida.jobs import rows as source
from crystalmath_server.adapters.aiida.jobs.tables import count_jobs
from crystalmath_server.domain.jobs.index import JobIndex
from crystalmath_server.protocol.errors import RpcError
from crystalmath_server.protocol.jobs import JobRow

log = logging.getLogger(__name__)

POLL_S = 1.0
COALESCE_S = 0.01
"""State changes of one job come in bursts."""
OVERLAP_S = 5.0
"""A transaction may commit this long after the modification time that it writes."""
COUNT_EVERY = 5
"""Only the job count reveals deletions; check it in every n-th poll."""
CHUNK = 20_000
_IN_ONE_QUERY = 500


class JobFeed:
    """The job index and the task that keeps it current.

    Attributes
    ----------
    index
        Guarded by `lock`, since long searches run on separate threads.
    """

    def __init__(self, runtime: Runtime) -> None:
        self.index = JobIndex(int(1000 * time.time()))  # a new server never reuses a revision number
        self.lock = threading.Lock()
        self._runtime = runtime
        self._loaded = anyio.Event()
        self._wake = anyio.Event()
        self._dirty: set[int] = set()
        self._watermark = 0.0
        self._moved_at = 0.0
        self._loop: lowlevel.EventLoopToken | None = None

    @property
    def loaded(self) -> bool:
        """Whether the index holds all jobs."""
        return self._loaded.is_set()

    async def wait_loaded(self) -> None:
        """Wait until the index holds all jobs; raises the error if the profile cannot be loaded."""
        while not self._loaded.is_set():
            await self._runtime.wait_ready()
            with anyio.move_on_after(0.5):
                await self._loaded.wait()

    async def refresh(self, pk: int) -> None:
        """Update one job in the index now, for the caller that just changed it."""
        await self._read({pk})

    async def run(self) -> None:
        """Load the index and keep it current until cancelled."""
        self._loop = lowlevel.current_token()
        polls = 0
        while True:
            try:
                await self._turn(polls)
                await self._rest()
            except RpcError as error:
                log.warning("the list of jobs cannot be read: %s", error)
                await anyio.sleep(POLL_S)
            except Exception:
                log.exception("the list of jobs cannot be read")
                await anyio.sleep(POLL_S)
            polls += 1

    def subscribe(self) -> None:
        """Subscribe to broadcasts; runs on the AiiDA thread, once per new connection."""
        from aiida.manage import get_manager

        communicator: Any = get_manager().get_communicator()
        name = f"crystalmath-{uuid.uuid4().hex}"
        communicator.add_broadcast_subscriber(self._hear, name)
        communicator.add_rpc_subscriber(_ignore, name)  # without one, ZeroMQ delivers no broadcasts

    def _hear(self, _comm: Any, _body: Any, sender: Any, subject: Any, _correlation: Any) -> None:
        """Handle a broadcast; runs on the communicator's thread."""
        loop = self._loop
        if loop is None or not str(subject).startswith("state_changed") or not isinstance(sender, int):
            return
        try:
            from_thread.run_sync(self._mark, sender, token=loop)
        except RuntimeError:  # the loop has ended
            return

    def _mark(self, pk: int) -> None:
        self._dirty.add(pk)
        self._wake.set()

    async def _rest(self) -> None:
        """Sleep until the next poll, reading jobs named in broadcasts in the meantime."""
        deadline = time.monotonic() + POLL_S
        while (left := deadline - time.monotonic()) > 0:
            with anyio.move_on_after(left):
                await self._wake.wait()
            if not self._wake.is_set():
                return
            await anyio.sleep(COALESCE_S)
            self._wake = anyio.Event()
            pks, self._dirty = self._dirty, set()
            await self._read(pks)

    async def _turn(self, polls: int) -> None:
        if not self.loaded:
            await self._load()
            return
        await self._apply(await self._runtime.call(source.read_changed, self._since()))
        if polls % COUNT_EVERY == 0:
            await self._drop_deleted()

    def _since(self) -> datetime:
        """The earliest modification time to read; overlaps the last poll while late commits are possible."""
        recent = time.monotonic() - self._moved_at < 2 * OVERLAP_S
        return datetime.fromtimestamp(self._watermark - OVERLAP_S * recent, UTC)

    async def _load(self) -> None:
        """Read all jobs by pk, in chunks so that other long reads get their turn."""
        last: int | None = 0
        while last is not None:
            rows, last = await self._runtime.call_long(source.read_chunk, last, CHUNK)
            await self._apply(rows)
        if len(self.index) > CHUNK:
            gc.freeze()  # long-lived: walking a million rows in every full collection stalls the loop
        self._loaded.set()

    async def _read(self, pks: set[int]) -> None:
        """Read some jobs again and remove deleted ones from the index."""
        todo = sorted(pks)
        for start in range(0, len(todo), _IN_ONE_QUERY):
            part = todo[start : start + _IN_ONE_QUERY]
            rows = await self._runtime.call(source.read_rows, source.of_pks(part))
            await self._apply(rows)
            gone = set(part) - {row.pk for row in rows}
            await to_thread.run_sync(self._remove, gone) if gone else None

    async def _drop_deleted(self) -> None:
        if await self._runtime.call(count_jobs) == len(self.index):
            return
        there = set(await self._runtime.call_long(source.read_pks))
        gone = set(self.index.pks) - there
        await to_thread.run_sync(self._remove, gone)
        await self._read(there - set(self.index.pks))

    async def _apply(self, rows: list[JobRow]) -> None:
        """Put rows into the index, on a thread because a search may hold the lock."""
        if rows:
            await to_thread.run_sync(self._upsert, rows)
            newest = max(row.modified_at for row in rows)
            if newest > self._watermark:
                self._watermark, self._moved_at = newest, time.monotonic()

    def _upsert(self, rows: list[JobRow]) -> None:
        with self.lock:
            self.index.upsert(rows)

    def _remove(self, pks: set[int]) -> None:
        with self.lock:
            self.index.remove(pks)


def _ignore(_comm: Any, _body: Any) -> bool:
    """Answer an RPC that is never called."""
    return True
