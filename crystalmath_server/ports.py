"""What handlers need of the world: Protocols, fulfilled by adapters and by the fakes of the tests."""

from collections.abc import Callable, Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Protocol

from crystalmath_server.domain.plans import JobPlan, ParsedStructure, Recipe
from crystalmath_server.domain.restart import EarlierRun
from crystalmath_server.domain.run_folder import RunFolder
from crystalmath_server.domain.sink import SubscriptionWork
from crystalmath_server.domain.symptoms import Symptoms
from crystalmath_server.domain.work_folder import Piece
from crystalmath_server.protocol.clusters import (
    ClusterDetail,
    ClusterList,
    ClusterQueue,
    ClusterTest,
    ClusterTestParams,
    CreateClusterParams,
    Deleted,
    DiscoverParams,
    Discovery,
    HostList,
    UpdateClusterParams,
)
from crystalmath_server.protocol.codes import CodeList, CodeRow, CodeTest, CreateCodeParams, ListCodesParams
from crystalmath_server.protocol.decks import DeckDiff, DeckReport
from crystalmath_server.protocol.document import DocumentParams, DocumentPart
from crystalmath_server.protocol.exports import (
    ArchiveParams,
    DumpedJob,
    DumpParams,
    ExportedStructure,
    ExportStructureParams,
    PlotParams,
    WrittenFile,
)
from crystalmath_server.protocol.files import FileRange, JobFiles, JobLog, ReadFileParams
from crystalmath_server.protocol.graph import Graph, GraphParams
from crystalmath_server.protocol.jobs import (
    Control,
    JobDetail,
    JobsPage,
    JobState,
    ListJobsParams,
    Submitted,
)
from crystalmath_server.protocol.logs import SubscriptionState
from crystalmath_server.protocol.method import Json
from crystalmath_server.protocol.potcars import PotcarCheck
from crystalmath_server.protocol.profiles import CreateProfileParams, ProfileList, ProfileRow
from crystalmath_server.protocol.progress import JobProgress
from crystalmath_server.protocol.resources import Resources
from crystalmath_server.protocol.results import JobResults
from crystalmath_server.protocol.series import JobSeries, SeriesParams
from crystalmath_server.protocol.structures import (
    ImportStructureParams,
    ListStructuresParams,
    StructureDetail,
    StructurePage,
)
from crystalmath_server.protocol.system import Metrics, Part, Status
from crystalmath_server.protocol.templates import TemplateDetail, TemplateList

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


class Diagnostics(Protocol):
    """Collects what is known of a job that may be in trouble."""

    async def of_job(self, pk: int) -> Symptoms:
        """All of it; raises NotFound."""
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
        """The job of a key; raises Conflict where its recipe has another digest (empty: unknown)."""
        ...

    async def submit(self, plan: JobPlan) -> Submitted:
        """The job of `plan.key`, made if there is none yet; a refused submit leaves no node."""
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
        """Let go on and wait for it; raises NotFound, NotAllowed where it has ended."""
        ...


class StructureStore(Protocol):
    """Keeps structures as AiiDA nodes."""

    async def store(self, parsed: ParsedStructure, label: str) -> StructureDetail:
        """Store, or answer the node that holds the same structure already."""
        ...

    async def list_structures(self, params: ListStructuresParams) -> StructurePage:
        """A page, newest first; raises InvalidParams where the cursor is wrong."""
        ...

    async def show(self, pk: int) -> StructureDetail:
        """One structure; raises NotFound."""
        ...

    async def document(self, pk: int) -> Mapping[str, Json]:
        """One structure as pymatgen's JSON; raises NotFound."""
        ...


class Workbench(Protocol):
    """atomate2 and pymatgen, in a process of their own."""

    def part(self) -> Part:
        """How the worker is."""
        ...

    async def parse_structure(self, params: ImportStructureParams) -> ParsedStructure:
        """Read a structure; raises InvalidStructure, FileUnreadable."""
        ...

    async def describe_structure(self, document: Mapping[str, Json]) -> ParsedStructure:
        """Cell, sites and symmetry of a stored structure."""
        ...

    async def export_structure(
        self, document: Mapping[str, Json], params: ExportStructureParams
    ) -> ExportedStructure:
        """A structure in a format; raises InvalidStructure, Conflict, InvalidForm, StorageFull."""
        ...

    async def list_templates(self, engine: str) -> TemplateList:
        """All recipes, or those of one engine."""
        ...

    async def show_template(self, name: str) -> TemplateDetail:
        """One recipe with its form; raises NotFound."""
        ...

    async def render(
        self,
        name: str,
        structure: Mapping[str, Json],
        values: Mapping[str, Json],
        earlier: EarlierRun | None = None,
        edits: Mapping[str, str] | None = None,
        tasks: int | None = None,
    ) -> Recipe:
        """Check and render, from an earlier job where one is given (field: restart_pk).

        Parameters
        ----------
        edits
            File name → text in place of what the recipe writes; VASP alone.
        tasks
            MPI tasks that the job will have.

        Raises
        ------
        NotFound, InvalidForm, InvalidRecipe, InvalidStructure, EngineUnavailable
            With field and way out.
        """
        ...

    async def check_deck(self, files: Mapping[str, str], tasks: int | None = None) -> DeckReport:
        """Problems and facts of input files of VASP, whatever their texts are."""
        ...

    async def diff_decks(self, left: Mapping[str, str], right: Mapping[str, str]) -> DeckDiff:
        """What differs between two decks, whatever their texts are."""
        ...

    async def reader(self, incar: str) -> Recipe:
        """What reads a run that was made by other means."""
        ...


class RunFolders(Protocol):
    """Folders on computers in which VASP ran."""

    async def look(self, cluster: str, path: str, code: str) -> RunFolder:
        """What is there; raises NotFound, FileUnreadable, InvalidForm, TransportFailed (with field)."""
        ...


class EarlierRuns(Protocol):
    """Jobs of VASP that have ended."""

    def laid_out(self, pk: int, cluster: str) -> AbstractAsyncContextManager[EarlierRun]:
        """The run in a folder that lives as long as the context; an empty cluster: its own.

        Raises
        ------
        NotFound, InvalidForm, TransportFailed
            With field restart_pk where it is no job to go on from.
        """
        ...


class WorkFolders(Protocol):
    """The folders on computers in which jobs run.

    All raise NotFound, FileUnreadable, TransportFailed, HostKeyRefused or AccessDenied.
    """

    async def tree(self, pk: int, depth: int, limit: int) -> JobFiles:
        """What is in the folder of a job now."""
        ...

    async def read(self, pk: int, path: str, offset: int, limit: int) -> Piece:
        """A range of a file there, empty beyond its end; NotFound has field `path` where it is not there."""
        ...

    async def write(self, pk: int, name: str, text: str) -> None:
        """Put a small file there, whole or not at all."""
        ...


class Progress(Protocol):
    """How runs go, from the files that they write."""

    async def look(self, pk: int, points: int = 0) -> JobProgress:
        """As it is now, with at most so many steps; raises as WorkFolders does."""
        ...

    def remembered(self, pk: int, state: JobState) -> str:
        """Why a running job seemed stuck when it was last looked at; it never waits."""
        ...


class Profiles(Protocol):
    """AiiDA profiles of this user."""

    async def list_profiles(self) -> ProfileList:
        """All profiles."""
        ...

    async def create(self, params: CreateProfileParams) -> ProfileRow:
        """Create an embedded profile; raises InvalidForm, Conflict, StorageFull."""
        ...


class Clusters(Protocol):
    """AiiDA Computers, and our own connections to them."""

    async def list_clusters(self) -> ClusterList:
        """All computers."""
        ...

    async def show(self, label: str) -> ClusterDetail:
        """One computer; raises NotFound."""
        ...

    async def create(self, params: CreateClusterParams) -> ClusterDetail:
        """Store a computer and how to reach it; raises Conflict, InvalidForm."""
        ...

    async def update(self, params: UpdateClusterParams) -> ClusterDetail:
        """Change what is given; raises NotFound, Conflict, InvalidForm."""
        ...

    async def delete(self, label: str) -> Deleted:
        """Delete what nothing needs; raises NotFound, Conflict."""
        ...

    async def test(self, params: ClusterTestParams, tell: Callable[[str], None]) -> ClusterTest:
        """Test step by step; what fails is told in a step, never raised. Raises NotFound."""
        ...

    async def queue(self, label: str) -> ClusterQueue:
        """The queue there; raises NotFound, TransportFailed, SchedulerRejected."""
        ...

    async def discover(self, params: DiscoverParams) -> Discovery:
        """What a host offers; raises TransportFailed, HostKeyRefused, AccessDenied."""
        ...

    async def hosts(self) -> HostList:
        """Hosts of ~/.ssh/config; raises FileUnreadable."""
        ...

    async def options(self, label: str, wanted: Resources) -> Mapping[str, Json]:
        """AiiDA's metadata.options: defaults of the computer with `wanted` in their place.

        Raises
        ------
        NotFound, InvalidForm
            With the field; limits of a partition are checked where they were seen before.
        """
        ...


class Codes(Protocol):
    """AiiDA codes on computers."""

    async def list_codes(self, params: ListCodesParams) -> CodeList:
        """Codes, by computer and label."""
        ...

    async def create(self, params: CreateCodeParams) -> CodeRow:
        """Store a code; raises NotFound, Conflict, InvalidForm."""
        ...

    async def test(self, pk: int) -> CodeTest:
        """Look on the computer whether it can run; raises NotFound, TransportFailed."""
        ...


class Potcars(Protocol):
    """VASP's potentials on computers."""

    async def check(self, cluster: str, functional: str, symbols: tuple[str, ...]) -> PotcarCheck:
        """Look for symbols of a functional; raises NotFound (field: label), TransportFailed."""
        ...


class Server(Protocol):
    """The server itself, as system.* methods see it."""

    def status(self) -> Status:
        """Pid, parts and counts, from memory."""
        ...

    def metrics(self) -> Metrics:
        """Counts since start."""
        ...

    def shutdown(self) -> int:
        """Ask for the end; the number of requests in flight."""
        ...

    async def discover(self) -> dict[str, Json]:
        """The OpenRPC document."""
        ...

    def progress(self, text: str, fraction: float | None = None) -> None:
        """Tell the client of the request at hand how far it is."""
        ...

    def subscribe(self, work: SubscriptionWork, credit: int) -> int:
        """Begin a subscription of the client of the request at hand; its number. Raises Overloaded."""
        ...

    def subscription(self, number: int, *, more: int = 0, paused: bool | None = None) -> SubscriptionState:
        """Grant bytes to a subscription of this client, pause or resume it."""
        ...

    def unsubscribe(self, number: int) -> SubscriptionState:
        """End a subscription of this client."""
        ...


@dataclass(frozen=True, slots=True)
class Ports:
    """All ports; the first parameter of every handler."""

    jobs: JobStore
    documents: Documents
    exports: Exports
    launcher: Launcher
    structures: StructureStore
    workbench: Workbench
    profiles: Profiles
    clusters: Clusters
    codes: Codes
    potcars: Potcars
    runs: RunFolders
    earlier: EarlierRuns
    work: WorkFolders
    progress: Progress
    symptoms: Diagnostics
    server: Server
