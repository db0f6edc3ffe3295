"""The JobStore port: lists come from the index, details from AiiDA."""

from collections.abc import Callable

from anyio import to_thread

from crystalmath_server.adapters.aiida.calls import Runtime
from crystalmath_server.adapters.aiida.jobs.detail import read_detail
from crystalmath_server.adapters.aiida.jobs.files import list_files, read_log, read_range
from crystalmath_server.adapters.aiida.jobs.index import JobFeed
from crystalmath_server.adapters.aiida.jobs.past_job import recall
from crystalmath_server.adapters.aiida.jobs.results import read_results
from crystalmath_server.adapters.processes.regex_search import find_matches
from crystalmath_server.domain.clusters.breaker import CLOSED, Breaker
from crystalmath_server.domain.jobs.index import is_quick
from crystalmath_server.domain.jobs.past_job import PastJob
from crystalmath_server.domain.jobs.patterns import compile_pattern, is_tame
from crystalmath_server.protocol.files import FileRange, JobFiles, JobLog, ReadFileParams
from crystalmath_server.protocol.jobs import JobDetail, JobsPage, JobState, ListJobsParams
from crystalmath_server.protocol.results import JobResults

Matches = Callable[[str], bool]


def _closed_breaker(_cluster: str) -> Breaker:
    """Report no connection failures for any computer."""
    return CLOSED


class AiidaJobStore:
    """Reads process nodes."""

    def __init__(
        self, runtime: Runtime, feed: JobFeed, breaker: Callable[[str], Breaker] = _closed_breaker
    ) -> None:
        self._runtime = runtime
        self._feed = feed
        self._breaker = breaker

    @property
    def revision(self) -> int:
        """A number that grows with every change to the job list."""
        return self._feed.index.revision

    def page_at_once(self, params: ListJobsParams) -> JobsPage | None:
        """A page that takes microseconds; None if it would take longer, or the index is in use."""
        if not self._feed.loaded or not is_quick(params) or not self._feed.lock.acquire(blocking=False):
            return None
        try:
            return self._feed.index.page(params)
        finally:
            self._feed.lock.release()

    async def list_jobs(self, params: ListJobsParams) -> JobsPage:
        """A page of jobs; slow searches run on a thread so that the event loop stays free."""
        if not self._feed.loaded:
            await self._feed.wait_loaded()
        matches = await self._matches(params) if params.regex and params.label else None
        return await to_thread.run_sync(self._page, params, matches, abandon_on_cancel=True)

    async def state(self, pk: int) -> JobState:
        """The state of one job, from memory if the job is in the index."""
        with self._feed.lock:
            row = self._feed.index.get(pk)
        return row.state if row is not None else (await self.show(pk)).row.state

    async def show(self, pk: int) -> JobDetail:
        """Details of one job."""
        return await self._runtime.call(read_detail, pk, self._breaker)

    async def files(self, pk: int, source: str = "") -> JobFiles:
        """The files of a job, from both sources or only one."""
        return await self._runtime.call_long(list_files, pk, source)

    async def read(self, params: ReadFileParams) -> FileRange:
        """A byte range of a file."""
        return await self._runtime.call_long(read_range, params)

    async def log(self, pk: int) -> JobLog:
        """The log of a job."""
        return await self._runtime.call_long(read_log, pk)

    async def results(self, pk: int) -> JobResults:
        """The results of a job."""
        return await self._runtime.call_long(read_results, pk)

    async def recall(self, pk: int) -> PastJob:
        """The request that a job was made from."""
        return await self._runtime.call(recall, pk)

    def _page(self, params: ListJobsParams, matches: Matches | None) -> JobsPage:
        with self._feed.lock:
            return self._feed.index.page(params, matches)

    async def _matches(self, params: ListJobsParams) -> Matches:
        pattern = compile_pattern(params.label)
        if is_tame(params.label):
            return lambda text: pattern.search(text) is not None
        texts = await to_thread.run_sync(self._texts)
        return (await find_matches(params.label, texts)).__contains__

    def _texts(self) -> set[str]:
        with self._feed.lock:
            return self._feed.index.texts
