"""The WorkFolders port: the folder where a job runs, over the shared connection to its cluster."""

import time
from dataclasses import dataclass

from crystalmath_server.adapters.aiida.calls import Calls
from crystalmath_server.adapters.aiida.cluster_store import facts
from crystalmath_server.adapters.aiida.jobs.runs import load_run
from crystalmath_server.adapters.remote.connections import BlockingTransport, ClusterConnections, Target
from crystalmath_server.domain.vasp_run import work_folder as folder
from crystalmath_server.domain.vasp_run.work_folder import FilePart
from crystalmath_server.protocol.files import JobFiles

KNOWN_S = 30.0
"""How long to cache the location of a job, since its cluster may be reconfigured."""
MOST_KNOWN = 256


@dataclass(frozen=True, slots=True)
class RemoteFolder:
    """A folder on a cluster and the connection target for it."""

    target: Target
    path: str
    seen_at: float
    moves: bool = False  # a self-correcting job continues in another folder

    @property
    def words(self) -> str:
        """The location, for messages."""
        return f"{self.path} on {self.target.name}"


class WorkFolderReader:
    """Reads and writes files in the work folders of jobs."""

    def __init__(self, runtime: Calls, connections: ClusterConnections) -> None:
        self._runtime = runtime
        self._connections = connections
        self._places: dict[int, RemoteFolder] = {}

    async def tree(self, pk: int, depth: int, limit: int) -> JobFiles:
        """The current contents of a job's folder."""
        place = await self._place(pk)
        said = await self._run_script(place, folder.tree_script(place.path, depth, limit))
        rows, note = folder.tree(said, place.words, depth, limit)
        return JobFiles(rows, place.path, note)

    async def read(self, pk: int, path: str, offset: int, limit: int) -> FilePart:
        """A byte range of a file in the folder."""
        folder.check_path(pk, path)
        place = await self._place(pk)
        said = await self._run_script(place, folder.read_script(place.path, path, offset, limit))
        return folder.read_part(said, place.words, path, offset)

    async def write(self, pk: int, name: str, text: str) -> None:
        """Write a small file to the folder."""
        place = await self._place(pk)
        said = await self._run_script(place, folder.write_script(place.path, name, text))
        folder.check_written(said, place.words, name)

    async def _run_script(self, location: RemoteFolder, script: str) -> bytes:
        def ask(line: BlockingTransport) -> bytes:
            out, err = line.exec_bytes(script)
            return out or err.encode()

        return await self._connections.get(location.target.name).run(location.target, ask)

    async def _place(self, pk: int) -> RemoteFolder:
        known = self._places.get(pk)
        if known is not None and time.monotonic() - known.seen_at < KNOWN_S:
            return known
        found = await self._runtime.call(_place_of, pk)
        self._places.pop(pk, None)
        if len(self._places) >= MOST_KNOWN:
            del self._places[next(iter(self._places))]
        if not found.moves:
            self._places[pk] = found
        return found


def _place_of(pk: int) -> RemoteFolder:
    """The work folder of a job; runs on the AiiDA thread."""
    node = load_run(pk)
    path = node.base.attributes.get("remote_workdir", "")
    if not path or node.computer is None:
        raise folder.no_folder(pk)
    return RemoteFolder(facts(node.computer.label).target, path, time.monotonic(), moves=node.pk != pk)
