"""Ports of clusters: their settings, codes, folders and potentials."""

from collections.abc import Callable, Mapping
from contextlib import AbstractAsyncContextManager
from typing import Protocol

from crystalmath_server.domain.vasp_run.restart import PreviousRun
from crystalmath_server.domain.vasp_run.run_folder import RunFolder
from crystalmath_server.domain.vasp_run.work_folder import Piece
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
    """Folders on clusters in which VASP ran."""

    async def look(self, cluster: str, path: str, code: str) -> RunFolder:
        """What is there; raises NotFound, FileUnreadable, InvalidForm, TransportFailed (with field)."""
        ...


class PreviousRuns(Protocol):
    """Jobs of VASP that have ended."""

    def laid_out(self, pk: int, cluster: str) -> AbstractAsyncContextManager[PreviousRun]:
        """The run in a folder that lives as long as the context; an empty cluster: its own.

        Raises
        ------
        NotFound, InvalidForm, TransportFailed
            With field restart_pk where it is not a job to continue from.
        """
        ...


class WorkFolders(Protocol):
    """The folders on clusters in which jobs run.

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


class Clusters(Protocol):
    """AiiDA Clusters, and our own connections to them."""

    async def list_clusters(self) -> ClusterList:
        """All clusters."""
        ...

    async def show(self, label: str) -> ClusterDetail:
        """One computer; raises NotFound."""
        ...

    async def create(self, params: CreateClusterParams) -> ClusterDetail:
        """Store a cluster and how to reach it; raises Conflict, InvalidForm."""
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
        """AiiDA's metadata.options: defaults of the cluster with `wanted` in their place.

        Raises
        ------
        NotFound, InvalidForm
            With the field; limits of a partition are checked where they were seen before.
        """
        ...


class Codes(Protocol):
    """AiiDA codes on clusters."""

    async def list_codes(self, params: ListCodesParams) -> CodeList:
        """Codes, by computer and label."""
        ...

    async def create(self, params: CreateCodeParams) -> CodeRow:
        """Store a code; raises NotFound, Conflict, InvalidForm."""
        ...

    async def test(self, pk: int) -> CodeTest:
        """Look on the cluster whether it can run; raises NotFound, TransportFailed."""
        ...


class Potcars(Protocol):
    """VASP's potentials on clusters."""

    async def check(self, cluster: str, functional: str, symbols: tuple[str, ...]) -> PotcarCheck:
        """Look for symbols of a functional; raises NotFound (field: label), TransportFailed."""
        ...
