"""Ports: Protocols that handlers depend on, implemented by adapters and by the tests' fakes."""

from collections.abc import Callable, Coroutine, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from crystalmath_server.domain.jobs.plans import ParsedStructure, PreparedInputs
from crystalmath_server.domain.jobs.sink import SubscriptionWork
from crystalmath_server.domain.vasp_run.restart import PreviousRun
from crystalmath_server.ports.of_computers import (
    Clusters,
    Codes,
    Potcars,
    PreviousRuns,
    RunFolders,
    WorkFolders,
)
from crystalmath_server.ports.of_jobs import Diagnostics, Documents, Exports, JobStore, Launcher, Progress
from crystalmath_server.protocol.exports import ExportedStructure, ExportStructureParams
from crystalmath_server.protocol.inputs import InputDiff, InputReport, TagList
from crystalmath_server.protocol.job_spec import JobSpec
from crystalmath_server.protocol.logs import SubscriptionState
from crystalmath_server.protocol.method import Json
from crystalmath_server.protocol.profiles import CreateProfileParams, ProfileList, ProfileRow
from crystalmath_server.protocol.structures import (
    ImportStructureParams,
    ListStructuresParams,
    StructureDetail,
    StructurePage,
)
from crystalmath_server.protocol.system import Metrics, Part, Status
from crystalmath_server.protocol.templates import TemplateDetail, TemplateList


class StructureStore(Protocol):
    """Stores structures as AiiDA nodes."""

    async def store(self, parsed: ParsedStructure, label: str) -> StructureDetail:
        """Store a structure, or return the existing node with the same structure."""
        ...

    async def list_structures(self, params: ListStructuresParams) -> StructurePage:
        """A page of structures, newest first; raises InvalidParams if the cursor is invalid."""
        ...

    async def show(self, pk: int) -> StructureDetail:
        """One structure; raises NotFound."""
        ...

    async def document(self, pk: int) -> Mapping[str, Json]:
        """One structure as pymatgen JSON; raises NotFound."""
        ...


class Workbench(Protocol):
    """atomate2 and pymatgen, in a separate process."""

    def part(self) -> Part:
        """State of the worker."""
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
        """Export a structure; raises InvalidStructure, Conflict, InvalidForm, StorageFull."""
        ...

    async def list_templates(self, engine: str) -> TemplateList:
        """All templates, or those of one engine."""
        ...

    async def show_template(self, name: str) -> TemplateDetail:
        """One template with its form; raises NotFound."""
        ...

    async def render(
        self,
        spec: JobSpec,
        structures: Sequence[Mapping[str, Json]],
        earlier: PreviousRun | None = None,
        tasks: int | None = None,
    ) -> PreparedInputs:
        """Check and render inputs, from an earlier job if given (field: restart_pk).

        Parameters
        ----------
        structures
            pymatgen JSON of the structures named in `spec`.
        tasks
            Number of MPI tasks of the job.

        Raises
        ------
        NotFound, InvalidForm, InvalidTemplate, InvalidStructure, EngineUnavailable
            With field and hint.
        """
        ...

    async def check_inputs(self, files: Mapping[str, str], tasks: int | None = None) -> InputReport:
        """Problems and properties of VASP input files with arbitrary content."""
        ...

    async def diff_inputs(self, left: Mapping[str, str], right: Mapping[str, str]) -> InputDiff:
        """Differences between two sets of input files with arbitrary content."""
        ...

    async def known_tags(self) -> TagList:
        """Reference data of all INCAR tags, sorted by name."""
        ...

    async def reader(self, incar: str) -> PreparedInputs:
        """Inputs for parsing a run that was made outside crystalmath."""
        ...

    async def potcar_specs(self, potcar: str) -> tuple[dict[str, Json], ...]:
        """Identifiers of the potentials in a POTCAR, without its text; empty if it cannot be read."""
        ...


class Profiles(Protocol):
    """The user's AiiDA profiles."""

    async def list_profiles(self) -> ProfileList:
        """All profiles."""
        ...

    async def create(self, params: CreateProfileParams) -> ProfileRow:
        """Create an embedded profile; raises InvalidForm, Conflict, StorageFull."""
        ...


class Server(Protocol):
    """The server itself, as used by the system.* methods."""

    def status(self) -> Status:
        """Pid, component states and counts, from memory."""
        ...

    def metrics(self) -> Metrics:
        """Statistics since the start."""
        ...

    def shutdown(self) -> int:
        """Request shutdown; returns the number of requests in flight."""
        ...

    async def discover(self) -> dict[str, Json]:
        """The OpenRPC document."""
        ...

    def progress(self, text: str, fraction: float | None = None) -> None:
        """Report progress to the client of the current request."""
        ...

    def subscribe(self, work: SubscriptionWork, credit: int) -> int:
        """Start a subscription for the current request's client; returns its number. Raises Overloaded."""
        ...

    def subscription(self, number: int, *, more: int = 0, paused: bool | None = None) -> SubscriptionState:
        """Grant credit to a subscription of this client, pause or resume it."""
        ...

    def unsubscribe(self, number: int) -> SubscriptionState:
        """End a subscription of this client."""
        ...


class Background(Protocol):
    """Runs tasks that outlive the call that started them, until the server stops."""

    def start_soon(self, func: Callable[..., Coroutine[Any, Any, Any]], *args: Any) -> object:
        """Start `func(*args)`, which must handle its own errors."""
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
    earlier: PreviousRuns
    work: WorkFolders
    progress: Progress
    symptoms: Diagnostics
    server: Server
