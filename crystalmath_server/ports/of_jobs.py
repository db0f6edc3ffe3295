"""Ports of jobs: stored, launched, read, looked into."""

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
"""Hears words and, where it is known, the fraction that is done."""


class JobStore(Protocol):
    """Reads process nodes."""

    @property
    def revision(self) -> int:
        """Grows with every change of the list of jobs."""
        ...

    async def list_jobs(self, params: ListJobsParams) -> JobsPage:
        """A page of jobs; raises InvalidForm where the pattern or the cursor is wrong."""
        ...

    async def show(self, pk: int) -> JobDetail:
        """One job; raises NotFound."""
        ...

    async def state(self, pk: int) -> JobState:
        """Its state, quickly; raises NotFound."""
        ...

    async def files(self, pk: int, source: str = "") -> JobFiles:
        """Its files in the repository, of both sources or of one; raises NotFound."""
        ...

    async def read(self, params: ReadFileParams) -> FileRange:
        """A range of a file; raises NotFound."""
        ...

    async def log(self, pk: int) -> JobLog:
        """Its log; raises NotFound."""
        ...

    async def results(self, pk: int) -> JobResults:
        """Its results; raises NotFound."""
        ...

    async def recall(self, pk: int) -> PastJob:
        """What it was made of; raises NotFound."""
        ...


class Documents(Protocol):
    """What jobs left, read in a process of its own: documents may be large."""

    async def complete(self, results: JobResults) -> JobResults:
        """The same with what the document tells; where it cannot be read, `note` says why."""
        ...

    async def part(self, params: DocumentParams) -> DocumentPart:
        """A branch; raises NotFound (field: pk or path), FileUnreadable."""
        ...

    async def series(self, params: SeriesParams) -> JobSeries:
        """Curves; raises NotFound (field: pk, kind or others), InvalidForm (x, y), FileUnreadable."""
        ...

    async def plot(self, params: PlotParams) -> WrittenFile:
        """An image; raises as `series`, and Conflict, InvalidForm, StorageFull (field: path)."""
        ...

    async def graph(self, params: GraphParams) -> Graph:
        """Provenance around a node; raises NotFound."""
        ...

    async def draw(self, params: DrawGraphParams) -> WrittenFile:
        """The same as a file; raises Conflict, InvalidForm, StorageFull, EngineUnavailable (field: path)."""
        ...


class Diagnostics(Protocol):
    """Collects what is known of a job that may be in trouble."""

    async def of_job(self, pk: int) -> Symptoms:
        """All of it; raises NotFound."""
        ...

    async def ended_run(self, pk: int, *, correct: bool) -> EndedRun:
        """The input files of a VASP job, corrected where that is wanted; raises NotFound, WorkerCrashed …."""
        ...


class Exports(Protocol):
    """Jobs as files of this machine; `tell` hears what is done and how far it is."""

    async def dump(self, params: DumpParams, tell: Tell) -> DumpedJob:
        """A readable folder; raises NotFound (pk), Conflict, InvalidForm, StorageFull (path)."""
        ...

    async def archive(self, params: ArchiveParams, tell: Tell) -> WrittenFile:
        """An AiiDA archive; raises as `dump` (field: pks), and NotAllowed where POTCARs are in it."""
        ...


class Launcher(Protocol):
    """Makes processes and steers them."""

    async def find(self, key: str, digest: str) -> Submitted | None:
        """The job of a key; raises Conflict where its template has another digest (empty: unknown)."""
        ...

    async def submit(self, plan: JobPlan) -> Submitted:
        """The job of `plan.key`, made if there is none yet; a refused submit leaves no node."""
        ...

    async def retry(
        self, job: PastJob, key: str, label: str, vasp_inputs: NextInputs | None = None
    ) -> Submitted:
        """A job with the inputs of another, made if the key has none; raises Conflict, ComputerDisabled."""
        ...

    async def retried(self, job: PastJob, key: str) -> Submitted | None:
        """What `retry` made of a job under a key; raises Conflict where the key is another job's."""
        ...

    async def script(self, plan: JobPlan) -> str:
        """The batch script, PK for the job's number; nothing is stored. Empty before a first local job."""
        ...

    async def cancel(self, pk: int, wait_s: float) -> Control:
        """Kill and wait for the end; a job that has ended is left as it is. Raises NotFound."""
        ...

    async def pause(self, pk: int, wait_s: float) -> Control:
        """Pause and wait for it; raises NotFound, NotAllowed where it has ended."""
        ...

    async def play(self, pk: int, wait_s: float) -> Control:
        """Let continue and wait for it; raises NotFound, NotAllowed where it has ended."""
        ...


class Progress(Protocol):
    """How runs go, from the files that they write."""

    async def look(self, pk: int, points: int = 0) -> JobProgress:
        """As it is now, with at most so many steps; raises as WorkFolders does."""
        ...

    def trends(self, pks: Sequence[int]) -> tuple[Trend, ...]:
        """The last steps of jobs as they are known; it never waits, and looks at the jobs after that."""
        ...

    def remembered(self, pk: int, state: JobState) -> str:
        """Why a running job seemed stuck when it was last looked at; it never waits."""
        ...
