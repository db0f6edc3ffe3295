"""The EarlierRuns port: a job's retrieved files, and the names of files only on its cluster."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from anyio import to_thread

from crystalmath_server.adapters.aiida.calls import Calls
from crystalmath_server.adapters.aiida.cluster_store import facts
from crystalmath_server.adapters.aiida.jobs.previous_run import PreviousRunLocation, lay_out
from crystalmath_server.adapters.remote.connections import BlockingTransport, ClusterConnections
from crystalmath_server.domain.vasp_run.restart import PreviousRun, list_names, look_script
from crystalmath_server.protocol.errors import UNREACHABLE


class PreviousRunReader:
    """Writes runs to temporary folders; stores nothing."""

    def __init__(self, runtime: Calls, connections: ClusterConnections) -> None:
        self._runtime = runtime
        self._connections = connections

    @asynccontextmanager
    async def open_folder(self, pk: int, cluster: str) -> AsyncGenerator[PreviousRun]:
        """The run in a temporary folder, with empty files in place of those that stay on the cluster."""
        with TemporaryDirectory(prefix="crystalmath-earlier-") as folder:
            found = await self._runtime.call(lay_out, pk, cluster, folder)
            names = await self._names(pk, found)
            await to_thread.run_sync(_stand_in, Path(folder), names)
            yield PreviousRun(pk, found.uuid, found.cluster, folder)

    async def _names(self, pk: int, found: PreviousRunLocation) -> tuple[str, ...]:
        """The file names on the cluster; if unreachable, those that the run listed when it ended."""
        target = (await self._runtime.call(facts, found.cluster)).target

        def look(line: BlockingTransport) -> str:
            return line.exec_command_wait(look_script(found.path))[1]

        try:
            said = await self._connections.get(target.name).run(target, look)
        except UNREACHABLE:
            if not found.listed_files:
                raise
            return found.listed_files
        return list_names(pk, found.cluster, found.path, said)


def _stand_in(folder: Path, names: tuple[str, ...]) -> None:
    """Create an empty file for each missing one, except POTCARs and steps of imported runs."""
    for name in sorted(names):
        plain = name.removesuffix(".gz")
        if plain.startswith("POTCAR") or ".relax" in name:
            continue
        if not (folder / plain).exists() and not (folder / f"{plain}.gz").exists():
            (folder / name).touch()
