"""Ports for jobs: storage, launching, documents, exports, diagnostics and progress."""

from collections.abc import Callable, Sequence
from typing import Protocol

from crystalmath_server.domain.diagnosis.symptoms import Symptoms
from crystalmath_server.domain.jobs.past_job import PastJob
from crystalmath_server.domain.jobs.plans import JobPlan
from crystalmath_server.domain.vasp_run.continuation import EndedRun, NextInputs
from crystalmath_server.protocol.document import DocumentParams, DocumentPart
from crystalmath_server.protocol.exports import (
    ArchiveParams,
    DumpedJob,
    DumpParams,
    PlotParams,
    WrittenFile,
)
from crystalmath_server.protocol.files import FileRange, JobFiles, JobLog, ReadFileParams
from crystalmath_server.protocol.graph import DrawGraphParams, Graph, GraphParams
from crystalmath_server.protocol.jobs import (
    Control,
    JobDetail,
    JobsPage,
    JobState,
    ListJobsParams,
    Submitted,
)
from crystalmath_server.protocol.progress import JobProgress, Trend
from crystalmath_server.protocol.results import JobResults
from crystalmath_server.protocol.series import JobSeries, SeriesParams

Tell = Callable[[str, float | None], None]
"""Receives a progress text and, if known, the completed fraction."""


class JobStore(Protocol):
    """Reads process nodes."""

    @property
    def revision(self) -> int:
        """Increases with every change of the job list."""
        ...

    def page_at_once(self, params: ListJobsParams) -> JobsPage | None:
        """A page, if it takes only microseconds; otherwise None, and `list_jobs` finds it."""
        ...

    async def list_jobs(self, params: ListJobsParams) -> JobsPage:
        """A page of jobs; raises InvalidForm if the pattern or the cursor is invalid."""
        ...

    async def show(self, pk: int) -> JobDetail:
        """One job; raises NotFound."""
        ...

    async def state(self, pk: int) -> JobState:
        """The state of a job, as a fast query; raises NotFound."""
        ...

    async def files(self, pk: int, source: str = "") -> JobFiles:
        """A job's files in the repository, from both sources or one; raises NotFound."""
        ...

    async def read(self, params: ReadFileParams) -> FileRange:
        """A range of a file; raises NotFound."""
        ...

    async def log(self, pk: int) -> JobLog:
        """The log of a job; raises NotFound."""
        ...

    async def results(self, pk: int) -> JobResults:
        """The results of a job; raises NotFound."""
        ...

    async def recall(self, pk: int) -> PastJob:
        """The inputs and options of a job; raises NotFound."""
        ...


class Documents(Protocol):
    """Task documents of jobs, read in a separate process because they may be large."""

    async def complete(self, results: JobResults) -> JobResults:
        """The results completed from the document; if the document cannot be read, `note` says why."""
        ...

    async def part(self, params: DocumentParams) -> DocumentPart:
        """A branch of the document; raises NotFound (field: pk or path), FileUnreadable."""
        ...

    async def series(self, params: SeriesParams) -> JobSeries:
        """Curves; raises NotFound (field: pk, kind or others), InvalidForm (x, y), FileUnreadable."""
        ...

    async def plot(self, params: PlotParams) -> WrittenFile:
        """Plot curves to an image; raises as `series`, plus Conflict, InvalidForm, StorageFull (path)."""
        ...

    async def graph(self, params: GraphParams) -> Graph:
        """The provenance graph around a node; raises NotFound."""
        ...

    async def draw(self, params: DrawGraphParams) -> WrittenFile:
        """Write the graph to a file; raises Conflict, InvalidForm, StorageFull, EngineUnavailable (path)."""
        ...


class Diagnostics(Protocol):
    """Collects the symptoms of jobs for a diagnosis."""

    async def of_job(self, pk: int) -> Symptoms:
        """All symptoms of a job; raises NotFound."""
        ...

    async def ended_run(self, pk: int, *, correct: bool) -> EndedRun:
        """The input files of a VASP job, optionally corrected; raises NotFound, WorkerCrashed …."""
        ...


class Exports(Protocol):
    """Writes jobs to files on this machine; `tell` receives progress reports."""

    async def dump(self, params: DumpParams, tell: Tell) -> DumpedJob:
        """Write a readable folder; raises NotFound (pk), Conflict, InvalidForm, StorageFull (path)."""
        ...

    async def archive(self, params: ArchiveParams, tell: Tell) -> WrittenFile:
        """Write an AiiDA archive; raises as `dump` (field: pks), plus NotAllowed if POTCARs are included."""
        ...


class Launcher(Protocol):
    """Launches and controls processes."""

    async def find(self, key: str, digest: str) -> Submitted | None:
        """The job of a key; raises Conflict if its template has another digest (empty: unknown)."""
        ...

    async def submit(self, plan: JobPlan) -> Submitted:
        """The job of `plan.key`, created if it does not exist; a rejected submission leaves no node."""
        ...

    async def retry(
        self, job: PastJob, key: str, label: str, vasp_inputs: NextInputs | None = None
    ) -> Submitted:
        """A job with another job's inputs, created if the key has none; raises Conflict, ComputerDisabled."""
        ...

    async def find_retry(self, job: PastJob, key: str) -> Submitted | None:
        """The job that `retry` created under a key; raises Conflict if the key belongs to another job."""
        ...

    async def script(self, plan: JobPlan) -> str:
        """The batch script, with PK for the job's pk; stores nothing. Empty before the first local job."""
        ...

    async def cancel(self, pk: int, wait_s: float) -> Control:
        """Kill a job and wait for its end; an ended job is left unchanged. Raises NotFound."""
        ...

    async def pause(self, pk: int, wait_s: float) -> Control:
        """Pause a job and wait for the effect; raises NotFound, or NotAllowed if the job has ended."""
        ...

    async def play(self, pk: int, wait_s: float) -> Control:
        """Resume a job and wait for the effect; raises NotFound, or NotAllowed if the job has ended."""
        ...


class Progress(Protocol):
    """Progress of runs, from the files that they write."""

    async def look(self, pk: int, points: int = 0) -> JobProgress:
        """Current progress with at most `points` steps; raises the same errors as WorkFolders."""
        ...

    def trends(self, pks: Sequence[int]) -> tuple[Trend, ...]:
        """The last known steps of jobs; returns immediately and refreshes the jobs afterward."""
        ...

    def stuck_reason(self, pk: int, state: JobState) -> str:
        """Why a running job seemed stuck when last checked; returns immediately."""
        ...
