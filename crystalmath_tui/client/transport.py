"""Unix socket: a non-blocking link for the TUI, blocking calls for the CLI and scripts."""

import os
import select
import socket
import struct
import time
from collections import deque
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TypeVar

from crystalmath_server.protocol.errors import CallTimeout, ConnectionLost, NotAllowed
from crystalmath_server.protocol.method import Json, Method, Notification
from crystalmath_server.protocol.system import HELLO, PROGRESS, Hello, ProgressParams
from crystalmath_tui.client.connection import (
    Connection,
    Event,
    Fault,
    Notice,
    Response,
    check_hello,
    hello_params,
)

P = TypeVar("P")
R = TypeVar("R")

_CHUNK = 256 * 1024
_CREDENTIALS = struct.Struct("3i")


class Link:
    """A connection over a socket that never blocks."""

    def __init__(self, sock: socket.socket) -> None:
        sock.setblocking(False)
        self.connection = Connection()
        self._socket = sock
        self._unsent = b""

    def fileno(self) -> int:
        """The descriptor to watch; -1 once closed."""
        return self._socket.fileno()

    @property
    def wants_write(self) -> bool:
        """Whether to call `flush` when the socket becomes writable."""
        return bool(self._unsent)

    def request(self, method: Method[P, R], params: P) -> int:
        """Send as much of a request as the socket takes, and return its id."""
        request_id = self.connection.request(method, params)
        self.flush()
        return request_id

    def cancel(self, request_id: int) -> None:
        """Ask the server to cancel a request."""
        self.connection.cancel(request_id)
        self.flush()

    def flush(self) -> None:
        """Send as much as the socket takes.

        A lost connection raises only in `on_readable`, because the server may have sent the reason first.
        """
        data = memoryview(self._unsent + self.connection.outgoing())
        while data:
            try:
                data = data[self._socket.send(data) :]
            except (BlockingIOError, InterruptedError):
                break
            except OSError:
                data = data[:0]
        self._unsent = bytes(data)

    def on_readable(self) -> list[Event]:
        """Read once and return the events; reading once keeps a busy server from blocking the keyboard.

        Raises
        ------
        ConnectionLost
            The server is gone.
        """
        try:
            data = self._socket.recv(_CHUNK)
        except (BlockingIOError, InterruptedError):
            return []
        except OSError as error:
            raise _connection_lost(error) from error
        if not data:
            raise ConnectionLost("the server closed the connection")
        return self.connection.receive(data)

    def close(self) -> None:
        """Close the socket; harmless the second time."""
        self._socket.close()


def open_link(path: Path) -> Link:
    """Connect to the socket of a running server.

    Raises
    ------
    OSError
        Nothing listens: FileNotFoundError or ConnectionRefusedError.
    NotAllowed
        Another user's process listens there.
    """
    sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        sock.setblocking(False)
        sock.connect(os.fspath(path))
        _check_peer(sock, path)
    except BaseException:
        sock.close()
        raise
    return Link(sock)


def _check_peer(sock: socket.socket, path: Path) -> None:
    """Refuse a socket that belongs to another user."""
    if not hasattr(socket, "SO_PEERCRED"):  # Linux only; elsewhere the directory's owner protects the socket
        return
    _, uid, _ = struct.unpack(
        "3i", sock.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, struct.calcsize("3i"))
    )
    if uid != os.getuid():
        raise NotAllowed(
            f"{path} is served by user {uid}, not by you",
            field="socket",
            hint="Choose a socket in your own directory with --socket, or unset CRYSTALMATH_SOCKET.",
        )


class Client:
    """Blocking calls; not thread-safe.

    Parameters
    ----------
    link
        An open link; the client closes it.
    on_progress
        Called for each `$/progress` notification of the current request.
    """

    def __init__(self, link: Link, on_progress: Callable[[ProgressParams], None] | None = None) -> None:
        self.hello: Hello | None = None
        self.on_progress = on_progress
        self._link = link
        self._notices: deque[Notice] = deque()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the connection."""
        self._link.close()

    def greet(self, timeout: float = 10.0) -> Hello:
        """Exchange versions; raises VersionMismatch."""
        self.hello = self.call(HELLO, hello_params(), timeout)
        check_hello(self.hello)
        return self.hello

    def call(self, method: Method[P, R], params: P, timeout: float | None = None) -> R:
        """Call a method and wait for its result.

        Parameters
        ----------
        method
            A row of the method table, for example `protocol.jobs.JOBS_LIST`.
        params
            Its parameters.
        timeout
            Longest wait [s]; if None, the method's own limit.

        Raises
        ------
        RpcError
            The server's error as its own class, CallTimeout, or ConnectionLost.
        """
        seconds = method.timeout_s if timeout is None else timeout
        return self._wait(self._link.connection.request(method, params), method.name, seconds)

    def call_json(self, name: str, params: Json, timeout: float) -> Json:
        """Call a method by name with plain JSON."""
        return self._wait(self._link.connection.request_json(name, params), name, timeout)

    def notify(self, notification: Notification[P], params: P) -> None:
        """Send a notification."""
        self._link.connection.notify(notification, params)
        self._link.flush()

    def next_notice(self, seconds: float) -> Notice | None:
        """The next notification other than progress, or None if none arrives in time.

        Raises
        ------
        ConnectionLost
            The server is gone.
        """
        deadline = time.monotonic() + seconds
        while not self._notices and (left := deadline - time.monotonic()) > 0:
            for event in self._next_events(left):
                if isinstance(event, Fault):
                    raise event.error
                if isinstance(event, Notice):
                    self._tell(event, 0)
        return self._notices.popleft() if self._notices else None

    def _wait(self, request_id: int, name: str, seconds: float) -> Any:
        """The result of one request; cancels the request at the deadline or when interrupted."""
        deadline = time.monotonic() + seconds
        try:
            while (left := deadline - time.monotonic()) > 0:
                taken = [self._take(event, request_id) for event in self._next_events(left)]
                if answer := next(filter(None, taken), None):  # only after all events read with it
                    return _result(answer)
        except KeyboardInterrupt:
            self._give_up(request_id)
            raise
        self._give_up(request_id)
        raise CallTimeout(f"no answer to {name} within {seconds:g} s")

    def _take(self, event: Event, request_id: int) -> Response | None:
        if isinstance(event, Fault):
            raise event.error
        if isinstance(event, Response):
            return event if event.id == request_id else None
        self._tell(event, request_id)
        return None

    def _tell(self, notice: Notice, request_id: int) -> None:
        params = notice.params
        if notice.name != PROGRESS.name:
            self._notices.append(notice)  # bounded by the granted credit
        elif isinstance(params, ProgressParams) and params.id == request_id and self.on_progress:
            self.on_progress(params)

    def _next_events(self, seconds: float) -> list[Event]:
        self._link.flush()
        poller = select.poll()
        poller.register(self._link, select.POLLIN | (select.POLLOUT if self._link.wants_write else 0))
        ready = poller.poll(max(1, round(seconds * 1000)))
        return self._link.on_readable() if any(mask & ~select.POLLOUT for _, mask in ready) else []

    def _give_up(self, request_id: int) -> None:
        """Cancel without waiting for the answer; a lost connection cancels the request by itself."""
        self._link.connection.cancel(request_id)
        self._link.connection.forget(request_id)
        self._link.flush()


def _result(response: Response) -> Any:
    if response.error is not None:
        raise response.error
    return response.result


def _connection_lost(error: OSError) -> ConnectionLost:
    return ConnectionLost(f"the server is gone: {error.strerror or error}")
