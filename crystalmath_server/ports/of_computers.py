"""Ports for clusters: settings, codes, folders and potentials."""

from collections.abc import Callable, Mapping
from contextlib import AbstractAsyncContextManager
from typing import Protocol

from crystalmath_server.domain.vasp_run.restart import PreviousRun
from crystalmath_server.domain.vasp_run.run_folder import RunFolder
from crystalmath_server.domain.vasp_run.work_folder import FilePart
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
from crystalmath_server.protocol.files import JobFiles
from crystalmath_server.protocol.method import Json
from crystalmath_server.protocol.potcars import PotcarCheck
from crystalmath_server.protocol.resources import Resources


class RunFolders(Protocol):
    """Folders on clusters with VASP runs."""

    async def look(self, cluster: str, path: str, code: str) -> RunFolder:
        """Read a run folder; raises NotFound, FileUnreadable, InvalidForm, TransportFailed (with field)."""
        ...


class PreviousRuns(Protocol):
    """VASP jobs that have ended."""

    def open_folder(self, pk: int, cluster: str) -> AbstractAsyncContextManager[PreviousRun]:
        """The run in a folder that exists while the context is open; an empty cluster: the job's own.

        Raises
        ------
        NotFound, InvalidForm, TransportFailed
            With field restart_pk if the job cannot be continued.
        """
        ...


class WorkFolders(Protocol):
    """The work folders of jobs on clusters.

    All methods raise NotFound, FileUnreadable, TransportFailed, HostKeyRefused or AccessDenied.
    """

    async def tree(self, pk: int, depth: int, limit: int) -> JobFiles:
        """Current content of a job's work folder."""
        ...

    async def read(self, pk: int, path: str, offset: int, limit: int) -> FilePart:
        """A range of a file, empty beyond its end; NotFound has field `path` if the file is missing."""
        ...

    async def write(self, pk: int, name: str, text: str) -> None:
        """Write a small file atomically."""
        ...


class Clusters(Protocol):
    """AiiDA computers, and direct connections to them."""

    async def list_clusters(self) -> ClusterList:
        """All clusters."""
        ...

    async def show(self, label: str) -> ClusterDetail:
        """One cluster; raises NotFound."""
        ...

    async def create(self, params: CreateClusterParams) -> ClusterDetail:
        """Store a cluster and its connection settings; raises Conflict, InvalidForm."""
        ...

    async def update(self, params: UpdateClusterParams) -> ClusterDetail:
        """Change the given settings; raises NotFound, Conflict, InvalidForm."""
        ...

    async def delete(self, label: str) -> Deleted:
        """Delete an unused cluster; raises NotFound, Conflict."""
        ...

    async def test(self, params: ClusterTestParams, tell: Callable[[str], None]) -> ClusterTest:
        """Test step by step; failures are reported as steps, not raised. Raises NotFound."""
        ...

    async def queue(self, label: str) -> ClusterQueue:
        """The queue of a cluster; raises NotFound, TransportFailed, SchedulerRejected."""
        ...

    async def discover(self, params: DiscoverParams) -> Discovery:
        """Detected settings of a host; raises TransportFailed, HostKeyRefused, AccessDenied."""
        ...

    async def hosts(self) -> HostList:
        """Hosts in ~/.ssh/config; raises FileUnreadable."""
        ...

    async def options(self, label: str, wanted: Resources) -> Mapping[str, Json]:
        """AiiDA's metadata.options: the cluster's defaults, overridden by `wanted`.

        Raises
        ------
        NotFound, InvalidForm
            With the field; partition limits are checked if they are already known.
        """
        ...


class Codes(Protocol):
    """AiiDA codes on clusters."""

    async def list_codes(self, params: ListCodesParams) -> CodeList:
        """Codes, sorted by cluster and label."""
        ...

    async def create(self, params: CreateCodeParams) -> CodeRow:
        """Store a code; raises NotFound, Conflict, InvalidForm."""
        ...

    async def test(self, pk: int) -> CodeTest:
        """Test on the cluster whether a code can run; raises NotFound, TransportFailed."""
        ...


class Potcars(Protocol):
    """VASP potentials on clusters."""

    async def check(self, cluster: str, functional: str, symbols: tuple[str, ...]) -> PotcarCheck:
        """Look for symbols of a functional; raises NotFound (field: label), TransportFailed."""
        ...
