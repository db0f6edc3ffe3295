"""The RunFolders port: inspects folders on clusters over their connections."""

from crystalmath_server.adapters.aiida.calls import Calls
from crystalmath_server.adapters.aiida.cluster_store import ClusterFacts, facts
from crystalmath_server.adapters.aiida.computers import computer_of
from crystalmath_server.adapters.remote.connections import BlockingTransport, ClusterConnections
from crystalmath_server.domain.inputs.vasp_program import choose
from crystalmath_server.domain.vasp_run.run_folder import RunFolder, look_script, run_folder
from crystalmath_server.protocol.errors import FileUnreadable


class RunFolderReader:
    """Inspects run folders; stores nothing."""

    def __init__(self, runtime: Calls, connections: ClusterConnections) -> None:
        self._runtime = runtime
        self._connections = connections

    async def look(self, cluster: str, path: str, code: str) -> RunFolder:
        """The contents of a folder; if `code` is given, checks that it exists."""
        found = await self._runtime.call(_facts, cluster)
        if code:
            choose(found.codes, "", code, cluster)

        def look(line: BlockingTransport) -> tuple[int, str, str]:
            return line.exec_command_wait(look_script(path))

        status, out, err = await self._connections.get(found.target.name).run(found.target, look)
        if status:
            short = " ".join(err.split())[:300] or f"exit status {status}"
            hint = "The login shell must run POSIX shell commands with base64, head and gzip."
            detail = f"{cluster} could not run the commands that inspect {path}: {short}"
            raise FileUnreadable(detail, field="path", hint=hint)
        return run_folder(cluster, path, out)


def _facts(cluster: str) -> ClusterFacts:
    """The facts of a cluster; this machine becomes a cluster on first use."""
    return facts(computer_of(cluster).label)
