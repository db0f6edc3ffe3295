"""The server: accepts the user's clients, reports its state, and shuts down gracefully."""

import logging
import os
import signal
import socket
import time
from collections.abc import Callable
from dataclasses import dataclass

import anyio
import anyio.to_thread
from anyio.abc import TaskGroup

from crystalmath_server import __version__
from crystalmath_server.domain.jobs.sink import SubscriptionWork
from crystalmath_server.protocol.errors import NotAllowed, Overloaded, RpcError
from crystalmath_server.protocol.framing import encode
from crystalmath_server.protocol.logs import SubscriptionState
from crystalmath_server.protocol.method import Json
from crystalmath_server.protocol.system import Metrics, Part, PartState, Status
from crystalmath_server.rpc import envelope
from crystalmath_server.rpc.claim import Claim
from crystalmath_server.rpc.dispatcher import CURRENT, Dispatcher, Peer
from crystalmath_server.rpc.meters import Meters
from crystalmath_server.rpc.openrpc import document
from crystalmath_server.rpc.peer import peer_uid
from crystalmath_server.rpc.sessions import Session
from crystalmath_server.settings import Settings

log = logging.getLogger(__name__)

_NO_PART = Part(PartState.STOPPED, "not part of this server")


@dataclass(slots=True)
class Parts:
    """Sources of the component states in system.status; each answers from memory."""

    storage: Callable[[], Part] = lambda: _NO_PART
    daemon: Callable[[], Part] = lambda: _NO_PART
    worker: Callable[[], Part] = lambda: _NO_PART
    jobs_revision: Callable[[], int] = lambda: 0
    is_needed: Callable[[], bool] = lambda: False
    """Whether jobs wait for this server, so that it must not exit when idle."""


class RpcServer:
    """The server of one profile; implements the port `Server` and hosts the sessions.

    1. Clients of other users are rejected before any byte is read from them.
    2. Idle means no client, no request in flight and no job waiting for this server, for `idle_exit_s`.
    3. Stopping: accept no new clients and no new slow requests; answer requests in flight for up to
       `shutdown_grace_s`; a second signal ends the wait. The socket is removed first, the lock last.
    """

    def __init__(self, settings: Settings, profile: str, claim: Claim, meters: Meters) -> None:
        self.settings = settings
        self.meters = meters
        self.parts = Parts()
        self.in_flight = 0
        self.stopping = False
        self.profile = profile
        self._claim = claim
        self._dispatcher: Dispatcher | None = None
        self._sessions: set[Session] = set()
        self._busy_at_s = time.monotonic()
        self._stop = anyio.Event()

    @property
    def dispatcher(self) -> Dispatcher:
        """The dispatcher of requests; set before `serve`."""
        if self._dispatcher is None:
            message = "the server has no dispatcher yet"
            raise RuntimeError(message)
        return self._dispatcher

    @dispatcher.setter
    def dispatcher(self, dispatcher: Dispatcher) -> None:
        self._dispatcher = dispatcher

    def status(self) -> Status:
        """Pid, component states and counts, from memory."""
        return Status(
            profile=self.profile,
            pid=os.getpid(),
            version=__version__,
            socket=str(self._claim.path),
            uptime_s=self.meters.uptime_s,
            storage=self.parts.storage(),
            daemon=self.parts.daemon(),
            worker=self.parts.worker(),
            clients=len(self._sessions),
            in_flight=self.in_flight,
            jobs_revision=self.parts.jobs_revision(),
        )

    def metrics(self) -> Metrics:
        """Statistics since the start."""
        return self.meters.snapshot()

    def shutdown(self) -> int:
        """Request shutdown; returns the number of requests in flight."""
        self._stop.set()
        return self.in_flight

    async def discover(self) -> dict[str, Json]:
        """The OpenRPC document; the first one takes 80 ms, so it is built in a thread."""
        return await anyio.to_thread.run_sync(document)

    def progress(self, text: str, fraction: float | None = None) -> None:
        """Report progress to the client of the current request."""
        work = CURRENT.get()
        if work is not None and work.expects_response:
            work.peer.progress(work.id, text, fraction)

    def subscribe(self, work: SubscriptionWork, credit: int) -> int:
        """Start a subscription for the client of the current request and return its number."""
        return _peer().subscribe(work, credit)

    def subscription(self, number: int, *, more: int = 0, paused: bool | None = None) -> SubscriptionState:
        """Grant credit to a subscription of this client, pause or resume it."""
        return _peer().subscriptions.change(number, more=more, paused=paused)

    def unsubscribe(self, number: int) -> SubscriptionState:
        """End a subscription of this client."""
        return _peer().subscriptions.end(number)

    async def serve(self) -> None:
        """Serve until the server is stopped."""
        async with anyio.create_task_group() as tasks:
            accepting = anyio.CancelScope()
            tasks.start_soon(self._watch_signals, tasks)
            tasks.start_soon(self._watch_idleness)
            tasks.start_soon(self._accept, tasks, accepting)
            await self._stop.wait()
            self.stopping = True
            accepting.cancel()
            self._claim.unbind()
            await self._drain()
            tasks.cancel_scope.cancel()

    async def _accept(self, tasks: TaskGroup, scope: anyio.CancelScope) -> None:
        listener = self._claim.listener
        with scope:
            while True:
                try:
                    sock, _ = listener.accept()
                except BlockingIOError:
                    await anyio.wait_readable(listener)
                except OSError as error:  # out of descriptors or memory; other processes may free some
                    log.warning("cannot accept a client: %s", error)
                    await anyio.sleep(0.1)
                else:
                    sock.setblocking(False)
                    tasks.start_soon(self._receive, sock)

    async def _receive(self, sock: socket.socket) -> None:
        """Serve one client until it disconnects; its errors must not end the server."""
        self.meters.connections += 1
        if refusal := self._refusal(sock):
            _turn_away(sock, refusal)
            return
        session = Session(sock, self)
        self._sessions.add(session)
        try:
            await session.serve()
        except Exception:
            log.exception("a session failed")
        finally:
            self._sessions.discard(session)
            self._busy_at_s = time.monotonic()

    def _refusal(self, sock: socket.socket) -> RpcError | None:
        uid = peer_uid(sock)
        if uid != os.geteuid():
            log.warning("rejected a client of user %d", uid)
            return NotAllowed(f"This server serves user {os.geteuid()} only; you are {uid}.")
        if len(self._sessions) >= self.settings.max_clients:
            return Overloaded(
                f"{len(self._sessions)} clients are connected.", hint="Close one and try again."
            )
        return None

    async def _watch_signals(self, tasks: TaskGroup) -> None:
        with anyio.open_signal_receiver(signal.SIGTERM, signal.SIGINT, signal.SIGHUP) as signals:
            async for number in signals:
                log.info("received %s", signal.Signals(number).name)
                if self.stopping:
                    tasks.cancel_scope.cancel()
                self._stop.set()

    async def _watch_idleness(self) -> None:
        limit_s = self.settings.idle_exit_s
        while limit_s > 0:
            await anyio.sleep(min(max(limit_s / 4, 0.02), 30.0))
            if self._sessions or self.in_flight or self.parts.is_needed():
                self._busy_at_s = time.monotonic()
            elif time.monotonic() - self._busy_at_s >= limit_s:
                log.info("no client for %g s: stopping", limit_s)
                self._stop.set()
                return

    async def _drain(self) -> None:
        """Wait until every client has received its responses."""
        with anyio.move_on_after(self.settings.shutdown_grace_s) as scope:
            while not all(session.idle for session in self._sessions):  # noqa: ASYNC110  runs once per server
                await anyio.sleep(0.02)
        if scope.cancelled_caught:
            log.warning("stopping with %d requests unanswered", self.in_flight)


def _peer() -> Peer:
    """The client of the current request."""
    work = CURRENT.get()
    if work is None:
        message = "only a request has a client"
        raise RuntimeError(message)
    return work.peer


def _turn_away(sock: socket.socket, error: RpcError) -> None:
    with sock:
        try:
            sock.send(encode(envelope.failure(error, None), "lines"))
        except OSError as failure:
            log.info("a rejected client had already disconnected: %s", failure)
