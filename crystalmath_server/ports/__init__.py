"""What handlers need of the world: Protocols, fulfilled by adapters and by the fakes of the tests."""

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
        """Check and render, from an earlier job where one is given (field: restart_pk).

        Parameters
        ----------
        structures
            pymatgen's JSON of the structures that `spec` names.
        tasks
            MPI tasks that the job will have.

        Raises
        ------
        NotFound, InvalidForm, InvalidTemplate, InvalidStructure, EngineUnavailable
            With field and way out.
        """
        ...

    async def check_inputs(self, files: Mapping[str, str], tasks: int | None = None) -> InputReport:
        """Problems and facts of VASP input files, whatever their texts are."""
        ...

    async def diff_inputs(self, left: Mapping[str, str], right: Mapping[str, str]) -> InputDiff:
        """What differs between two input files, whatever their texts are."""
        ...

    async def known_tags(self) -> TagList:
        """What is known of all tags of INCAR, by name."""
        ...

    async def reader(self, incar: str) -> PreparedInputs:
        """What reads a run that was made by other means."""
        ...

    async def potcar_specs(self, potcar: str) -> tuple[dict[str, Json], ...]:
        """What identifies the potentials of a POTCAR, without its text; none where it cannot be read."""
        ...


class Profiles(Protocol):
    """AiiDA profiles of this user."""

    async def list_profiles(self) -> ProfileList:
        """All profiles."""
        ...

    async def create(self, params: CreateProfileParams) -> ProfileRow:
        """Create an embedded profile; raises InvalidForm, Conflict, StorageFull."""
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


class Background(Protocol):
    """Where tasks go on after the call that began them; it ends them with the server."""

    def start_soon(self, func: Callable[..., Coroutine[Any, Any, Any]], *args: Any) -> object:
        """Begin `func(*args)`, which must handle its own errors."""
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
