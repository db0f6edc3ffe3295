"""Our own connections: one shared connection per cluster, each on a thread with time limits and a breaker.

1. A connection is opened on first use and closed after IDLE_S without use.
2. Connections are opened at least AiiDA's safe interval apart.
3. The breaker counts connection failures, but not failures of requests over a working connection.
4. Calls have a time limit; a thread that hangs longer is abandoned and replaced.
"""

import asyncio
import base64
import contextlib
import logging
import shlex
import time
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Concatenate, ParamSpec, Self, TypeVar

import anyio

from crystalmath_server.adapters.processes.single_thread_executor import SingleThreadExecutor, result_of
from crystalmath_server.adapters.remote import ssh_hosts
from crystalmath_server.adapters.remote.errors import is_lost, not_connected
from crystalmath_server.domain.clusters import breaker
from crystalmath_server.protocol.clusters import CLUSTERS_TEST, SSH_TRANSPORT
from crystalmath_server.protocol.command import command
from crystalmath_server.protocol.errors import UNREACHABLE, HostKeyRefused, RpcError, TransportFailed

if TYPE_CHECKING:
    from concurrent.futures import Future

T = TypeVar("T")
P = ParamSpec("P")
log = logging.getLogger(__name__)

OPEN_S = 30.0
COMMAND_S = 40.0
CALL_S = 60.0
IDLE_S = 60.0
WINDOW, LONGEST_PACKET = 16_777_216, 131_072
"""SSH window that lets large reads stream in few packets, since each costs 0.1 ms [bytes]."""


class ConnectionLostError(ConnectionError):
    """An open connection was lost."""


@dataclass(frozen=True, slots=True)
class Target:
    """A computer, or a host to become one; created on the AiiDA thread, usable without the database.

    Attributes
    ----------
    transport
        Creates a closed AiiDA transport.
    host
        The host as in `ssh HOST`; empty for this machine.
    """

    name: str
    host: str
    kind: str
    safe_interval_s: float
    transport: Callable[[], Any]


class BlockingTransport:
    """An open transport with its event loop; belongs to one thread.

    Acts as the blocking transport that AiiDA's schedulers expect.
    """

    def __init__(self, transport: Any) -> None:
        self.transport = transport
        self._loop = asyncio.new_event_loop()

    def open(self) -> None:
        """Connect; passes on the transport's exceptions."""
        self.do(self.transport.open_async(), OPEN_S)

    def do(self, work: Coroutine[Any, Any, T], limit_s: float = COMMAND_S) -> T:
        """Run a transport coroutine to completion; raises TimeoutError."""
        return self._loop.run_until_complete(asyncio.wait_for(work, limit_s))

    def exec_command_wait(
        self, command: str, workdir: str | None = None, **_more: object
    ) -> tuple[int, str, str]:
        """Exit status, stdout and stderr of a command; AiiDA defines the name."""
        status, out, err = self.do(self.transport.exec_command_wait_async(command, workdir=workdir))
        return int(status), str(out), str(err)

    def exec_bytes(self, command: str) -> tuple[bytes, str]:
        """Run a command; returns stdout as bytes, and stderr.

        AiiDA's asynchronous transports return only text, one character at a time. Use the underlying
        connection directly if it can return bytes; otherwise transfer base64.
        """
        backend = getattr(self.transport, "async_backend", None)
        connection = getattr(backend, "_conn", None)
        if backend is None or connection is None:
            _, text, err = self.exec_command_wait(f"( {command}\n) | base64")
            return base64.b64decode(text), err
        line = backend.bash_command + shlex.quote(command)
        done = self.do(
            connection.run(line, check=False, encoding=None, window=WINDOW, max_pktsize=LONGEST_PACKET)
        )
        return bytes(done.stdout or b""), bytes(done.stderr or b"").decode(errors="replace")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_exception: object) -> None:
        return None

    def close(self) -> None:
        """Close the connection, whatever its state."""
        with contextlib.suppress(Exception):
            self.do(self.transport.close_async(), 5)
        with contextlib.suppress(Exception):
            self._loop.run_until_complete(self._loop.shutdown_asyncgens())
        self._loop.close()


class ClusterConnection:
    """The single connection to a cluster."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.breaker = breaker.CLOSED
        self._executor = SingleThreadExecutor(f"remote-{name}")
        self._connection: BlockingTransport | None = None
        self._opened_at = float("-inf")
        self._generation = 0
        self._idle: asyncio.TimerHandle | None = None

    async def run(
        self,
        target: Target,
        fn: Callable[Concatenate[BlockingTransport, P], T],
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> T:
        """Run `fn(connection, …)` on the connection's thread, within CALL_S.

        Raises
        ------
        RpcError
            TRANSPORT_FAILED, HOST_KEY_REFUSED or ACCESS_DENIED; also raised while the breaker is open.
        """
        self._check_breaker()
        if self._idle is not None:
            self._idle.cancel()
        wait_s = self._safe_wait_s(target)
        work = self._executor.submit(
            self._run_on_thread, self._generation, target, wait_s, lambda line: fn(line, *args, **kwargs)
        )
        try:
            result = await self._wait(work, wait_s + OPEN_S + CALL_S)
        except RpcError as error:
            if isinstance(error, UNREACHABLE):
                self.breaker = breaker.record_failure(self.breaker, time.time(), error.data.detail)
            raise
        self.breaker = breaker.CLOSED
        self._idle = asyncio.get_running_loop().call_later(IDLE_S, self.close)
        return result

    def forgive(self) -> None:
        """Reset the breaker so that the next call connects at once."""
        self.breaker = breaker.Breaker(self.breaker.failures, 0.0, self.breaker.reason)

    def close(self) -> None:
        """Close the connection; the next call opens a new one."""
        self._executor.submit(self._drop)

    def _check_breaker(self) -> None:
        if not breaker.allows(self.breaker, time.time()):
            until = time.strftime("%H:%M:%S", time.localtime(self.breaker.retry_at))
            detail = f"{self.name} is unreachable; no new attempts until {until}: {self.breaker.reason}"
            hint = f"Fix the problem, then retry now: {command(CLUSTERS_TEST, label=self.name, force=True)}"
            raise TransportFailed(detail, hint=hint)

    def _safe_wait_s(self, target: Target) -> float:
        """The time until a connection may be opened again [s]."""
        if self._connection is not None:
            return 0.0
        return max(0.0, self._opened_at + target.safe_interval_s - time.monotonic())

    async def _wait(self, work: "Future[T]", limit_s: float) -> T:
        try:
            with anyio.fail_after(limit_s):
                return await result_of(work)
        except TimeoutError:
            self._abandon()
            raise TransportFailed(f"{self.name} did not answer within {limit_s:.0f} s") from None

    def _abandon(self) -> None:
        """Abandon a hung thread and start a new one."""
        log.warning("the connection to %s hangs; abandoning it", self.name)
        self._generation += 1
        self._executor.close()
        self._executor, self._connection = (
            SingleThreadExecutor(f"remote-{self.name}-{self._generation}"),
            None,
        )

    def _run_on_thread(
        self, generation: int, target: Target, wait_s: float, fn: Callable[[BlockingTransport], T]
    ) -> T:
        """On the thread, connect if needed and run `fn`; reconnects once if an idle connection was lost."""
        fresh = self._connection is None
        connection = self._connection or self._open(generation, target, wait_s)
        try:
            return self._call(connection, fn)
        except ConnectionLostError as error:
            if fresh:
                raise not_connected(error, self.name) from error
        try:
            return self._call(self._open(generation, target, self._safe_wait_s(target)), fn)
        except ConnectionLostError as error:
            raise not_connected(error, self.name) from error

    def _call(self, connection: BlockingTransport, fn: Callable[[BlockingTransport], T]) -> T:
        try:
            return fn(connection)
        except RpcError:
            raise
        except Exception as error:
            if not is_lost(error):
                raise
            self._drop()
            raise ConnectionLostError(str(error)) from error

    def _open(self, generation: int, target: Target, wait_s: float) -> BlockingTransport:
        time.sleep(wait_s)
        self._opened_at = time.monotonic()
        connection = BlockingTransport(target.transport())
        try:
            connection.open()
        except Exception as error:
            raise self._explain(connection, target, error) from error
        if generation == self._generation:
            self._connection = connection
        return connection

    def _explain(self, connection: BlockingTransport, target: Target, error: Exception) -> RpcError:
        """The RPC error for a failed connection; an untrusted key is shown by its fingerprint."""
        known = not_connected(error, target.host or target.name)
        if isinstance(known, HostKeyRefused) and target.kind == SSH_TRANSPORT:
            with contextlib.suppress(Exception):
                known = connection.do(ssh_hosts.untrusted_key_error(target.host), OPEN_S)
        connection.close()
        return known

    def _drop(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None


class ClusterConnections:
    """All connections by name, one per computer."""

    def __init__(self) -> None:
        self._connections: dict[str, ClusterConnection] = {}

    def get(self, name: str) -> ClusterConnection:
        """The connection of a cluster or host."""
        return self._connections.setdefault(name, ClusterConnection(name))

    def breaker(self, name: str) -> breaker.Breaker:
        """The breaker state of a cluster's connection."""
        connection = self._connections.get(name)
        return connection.breaker if connection else breaker.CLOSED

    def forget(self, name: str) -> None:
        """Close and drop the connection of a cluster whose settings changed."""
        connection = self._connections.pop(name, None)
        if connection is not None:
            connection.close()

    def close(self) -> None:
        """Close all connections."""
        for name in tuple(self._connections):
            self.forget(name)
