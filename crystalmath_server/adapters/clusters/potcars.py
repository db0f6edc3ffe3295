"""The Potcars port: names and TITEL lines of a POTCAR library, on a cluster or on this machine."""

import subprocess
from collections.abc import Awaitable, Callable
from functools import partial

from anyio import to_thread

from crystalmath_server.adapters.aiida.calls import Calls
from crystalmath_server.adapters.aiida.cluster_store import facts
from crystalmath_server.adapters.remote.connections import BlockingTransport, ClusterConnections
from crystalmath_server.domain.potcars import library
from crystalmath_server.domain.potcars import verdict as words
from crystalmath_server.domain.potcars.locations import LOCAL
from crystalmath_server.protocol.errors import FileUnreadable
from crystalmath_server.protocol.potcars import PotcarCheck

Shell = Callable[[str], tuple[int, str, str]]
LONGEST_S = 60
AT_ONCE = 200
"""Files per command, since a shell line has a maximum length."""
MOST_SYMBOLS = 1000


class PotcarReader:
    """Looks for potentials; `local` returns pymatgen's library on this machine."""

    def __init__(
        self,
        runtime: Calls,
        connections: ClusterConnections,
        local: Callable[[], Awaitable[library.PotcarLibrary]],
    ) -> None:
        self._runtime = runtime
        self._connections = connections
        self._local = local

    async def check(self, cluster: str, functional: str, symbols: tuple[str, ...]) -> PotcarCheck:
        """Check for symbols of a functional in the folder that the cluster's jobs use."""
        found = await self._runtime.call(facts, cluster)
        local = found.potcar_dir == LOCAL
        place = (
            await self._local()
            if local
            else library.PotcarLibrary(found.potcar_dir.rstrip("/") or found.potcar_dir)
        )
        if not place.root:
            return words.unset(cluster, functional, local=local)
        look = partial(_look, cluster=cluster, location=place, functional=functional, symbols=symbols)
        if local:
            return await to_thread.run_sync(look, _shell, abandon_on_cancel=True)
        return await self._connections.get(cluster).run(found.target, lambda line: look(_shell_of(line)))


def _look(
    shell: Shell, *, cluster: str, location: library.PotcarLibrary, functional: str, symbols: tuple[str, ...]
) -> PotcarCheck:
    """List the names, then read the TITEL lines for the given symbols, or for all."""
    seen = library.listing(location.root, _run_script(shell, library.list_script(location.root), cluster))
    folders = location.search_path(functional)
    wanted = symbols or tuple(sorted(seen.symbols(folders)))[:MOST_SYMBOLS]
    paths = [path for symbol in wanted for path in seen.paths(folders, symbol)]
    told: dict[str, str] = {}
    for part in (paths[i : i + AT_ONCE] for i in range(0, len(paths), AT_ONCE)):
        told |= library.titel_lines(_run_script(shell, library.titel_script(part), cluster))
    rows = [library.potcar(location, seen, functional, symbol, told) for symbol in wanted]
    return words.verdict(cluster, functional, location, seen, rows)


def _run_script(shell: Shell, script: str, cluster: str) -> str:
    status, out, err = shell(script)
    if status:
        short = " ".join(err.split())[:300] or f"exit status {status}"
        hint = "The login shell must run POSIX shell commands with find, head, gzip and grep."
        detail = f"{cluster} could not run the commands that look for POTCARs: {short}"
        raise FileUnreadable(detail, field="label", hint=hint)
    return out


def _shell_of(connection: BlockingTransport) -> Shell:
    return connection.exec_command_wait


def _shell(script: str) -> tuple[int, str, str]:
    done = subprocess.run(  # noqa: S603  our own commands, with quoted names
        ["/bin/sh", "-c", script],
        capture_output=True,
        text=True,
        errors="replace",
        timeout=LONGEST_S,
        check=False,
    )
    return done.returncode, done.stdout, done.stderr
