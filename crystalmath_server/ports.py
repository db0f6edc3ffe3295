"""What handlers need of the world: Protocols, fulfilled by adapters and by the fakes of the tests."""

from collections.abc import Callable, Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from typing import Protocol

from crystalmath_server.domain.parsed_structure import ParsedStructure
from crystalmath_server.domain.past_job import PastJob
from crystalmath_server.domain.restart import EarlierRun
from crystalmath_server.domain.run_folder import RunFolder
from crystalmath_server.domain.symptoms import Symptoms
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
from crystalmath_server.protocol.files import FileRange, JobFiles, JobLog, ReadFileParams
from crystalmath_server.protocol.jobs import Control, JobDetail, JobsPage, ListJobsParams, Submitted
from crystalmath_server.protocol.method import Json
from crystalmath_server.protocol.potcars import PotcarCheck
from crystalmath_server.protocol.profiles import CreateProfileParams, ProfileList, ProfileRow
from crystalmath_server.protocol.resources import Resources
from crystalmath_server.protocol.results import JobResults
from crystalmath_server.protocol.structures import (
    ImportStructureParams,
    ListStructuresParams,
    StructureDetail,
    StructurePage,
)
from crystalmath_server.protocol.system import Metrics, Part, Status
from crystalmath_server.protocol.templates import Rendered, TemplateDetail, TemplateList


@dataclass(frozen=True, slots=True)
class Recipe:
    """A template with its settings for one structure, checked and rendered.

    Attributes
    ----------
    maker
        The atomate2 Maker as MSONable JSON.
    engine
        Engine and version, as "CHGNet 0.4.2".
    versions
        Package → version of everything that has a part in the result.
    potcar
        For VASP `symbols`, in the order of POSCAR, and `functional` as pymatgen names it; else empty.
        What is copied from an earlier job stands in `rendered.copied`.
    """

    rendered: Rendered
    maker: Mapping[str, Json]
    engine: str
    versions: Mapping[str, str]
    values: Mapping[str, Json]
    potcar: Mapping[str, Json] = field(default_factory=dict[str, Json])


@dataclass(frozen=True, slots=True)
class JobPlan:
    """All that the launcher needs to make one process; with a `source` it is read from there, not run."""

    recipe: Recipe
    structure_pk: int
    key: str
    label: str
    cluster: str
    description: str = ""
    code: str = ""
    reuse: bool = False
    options: Mapping[str, Json] = field(default_factory=dict[str, Json])
    source: RunFolder | None = None
    restart_pk: int | None = None
    retrieve: tuple[str, ...] = ()
    retrieve_mb: float = 0.0


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

    async def files(self, pk: int) -> JobFiles:
        """Its files; raises NotFound."""
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


class Diagnostics(Protocol):
    """Collects what is known of a job that may be in trouble."""

    async def of_job(self, pk: int) -> Symptoms:
        """All of it; raises NotFound."""
        ...


class Launcher(Protocol):
    """Makes processes and steers them."""

    async def find(self, key: str, digest: str) -> Submitted | None:
        """The job of a key; raises Conflict where its recipe has another digest (empty: unknown)."""
        ...

    async def submit(self, plan: JobPlan) -> Submitted:
        """The job of `plan.key`, made if there is none yet; a refused submit leaves no node."""
        ...

    async def retry(self, job: PastJob, key: str, label: str) -> Submitted:
        """A job with the inputs of another, made if the key has none; raises Conflict, ComputerDisabled."""
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
    ) -> Recipe:
        """Check and render, from an earlier job where one is given (field: restart_pk).

        Raises
        ------
        NotFound, InvalidForm, InvalidRecipe, InvalidStructure, EngineUnavailable
            With field and way out.
        """
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


@dataclass(frozen=True, slots=True)
class Ports:
    """All ports; the first parameter of every handler."""

    jobs: JobStore
    launcher: Launcher
    structures: StructureStore
    workbench: Workbench
    profiles: Profiles
    clusters: Clusters
    codes: Codes
    potcars: Potcars
    runs: RunFolders
    earlier: EarlierRuns
    symptoms: Diagnostics
    server: Server
