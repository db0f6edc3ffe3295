"""Sans-I/O JSON-RPC client: ids, pending requests, notifications.

1. A request has an id and gets exactly one `Response`; an answer to an id that is not pending is dropped.
2. `cancel` only asks: the request stays pending until its answer, which may still be the result.
3. An error without an id belongs to no request and is a `Fault`.
4. Bytes that are not valid JSON-RPC break the connection: ConnectionLost.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar, cast

from crystalmath_server import __version__
from crystalmath_server.protocol import codec
from crystalmath_server.protocol.errors import (
    ConnectionLost,
    InternalError,
    InvalidParams,
    RpcError,
    VersionMismatch,
    from_json,
)
from crystalmath_server.protocol.families import find_notification
from crystalmath_server.protocol.framing import Framer, encode
from crystalmath_server.protocol.method import PROTOCOL_VERSION, Json, Method, Notification
from crystalmath_server.protocol.system import (
    CANCEL_REQUEST,
    PROGRESS,
    CancelParams,
    Hello,
    HelloParams,
)

P = TypeVar("P")
R = TypeVar("R")
_Decode = Callable[[Json], Any]


@dataclass(frozen=True, slots=True)
class Response:
    """The answer to a request.

    Attributes
    ----------
    result
        The result as the method's result type, or None if there is an error.
    error
        The error, or None.
    """

    id: int
    result: Any = None
    error: RpcError | None = None


@dataclass(frozen=True, slots=True)
class Notice:
    """A server notification; its parameters are typed, or plain JSON if the name is unknown."""

    name: str
    params: Any


@dataclass(frozen=True, slots=True)
class Fault:
    """An error that belongs to no request."""

    error: RpcError


Event = Response | Notice | Fault


class Connection:
    """The client's side of one connection."""

    def __init__(self) -> None:
        self._framer = Framer()
        self._outgoing = bytearray()
        self._pending: dict[int, _Decode] = {}
        self._last_id = 0

    @property
    def pending(self) -> frozenset[int]:
        """Ids of requests without an answer yet."""
        return frozenset(self._pending)

    def request(self, method: Method[P, R], params: P) -> int:
        """Queue a request and return its id."""
        return self._request(method.name, codec.to_json(params), _decoder_of(method.result))

    def request_json(self, name: str, params: Json) -> int:
        """Queue a request with plain JSON parameters; its result is plain JSON too."""
        return self._request(name, params, lambda result: result)

    def notify(self, notification: Notification[P], params: P) -> None:
        """Queue a notification."""
        self._send({"method": notification.name, "params": codec.to_json(params)})

    def cancel(self, request_id: int) -> None:
        """Ask the server to cancel a request."""
        if request_id in self._pending:
            self.notify(CANCEL_REQUEST, CancelParams(request_id))

    def forget(self, request_id: int) -> None:
        """Drop the answer to a request when it arrives."""
        self._pending.pop(request_id, None)

    def outgoing(self) -> bytes:
        """Bytes to send; they leave the queue."""
        data = bytes(self._outgoing)
        self._outgoing.clear()
        return data

    def receive(self, data: bytes) -> list[Event]:
        """Decode received bytes into events.

        Raises
        ------
        ConnectionLost
            The bytes are not valid JSON-RPC.
        """
        try:
            frames = self._framer.feed(data)
        except RpcError as error:
            raise ConnectionLost(f"what answers is not a crystalmath server: {error}") from error
        return [event for frame in frames for event in self._read(frame)]

    def _request(self, name: str, params: Json, decode: _Decode) -> int:
        request_id = self._last_id + 1
        self._send({"id": request_id, "method": name, "params": params})
        self._last_id = request_id
        self._pending[request_id] = decode
        return request_id

    def _send(self, message: dict[str, Json]) -> None:
        try:
            text = json.dumps(
                {"jsonrpc": "2.0", **message}, ensure_ascii=False, allow_nan=False, separators=(",", ":")
            )
            self._outgoing += encode(text.encode(), "lines")
        except (ValueError, TypeError, RecursionError) as error:
            raise InvalidParams(f"these parameters are not valid JSON: {error}") from error

    def _read(self, frame: bytes) -> list[Event]:
        try:
            value = json.loads(frame)
        except (ValueError, RecursionError) as error:
            raise ConnectionLost("what answers sends no JSON") from error
        messages = cast("list[Json]", value) if isinstance(value, list) else [value]
        return [event for message in messages if (event := self._event(message)) is not None]

    def _event(self, message: Json) -> Event | None:
        if not isinstance(message, dict):
            raise ConnectionLost("what answers does not speak JSON-RPC")
        given = cast("dict[str, Json]", message)
        if "method" in given:
            return _notice(str(given["method"]), given.get("params"))
        return self._response(given)

    def _response(self, message: dict[str, Json]) -> Event | None:
        request_id, error = message.get("id"), _error(message.get("error"))
        if request_id is None and error is not None:
            return Fault(error)
        if not isinstance(request_id, int) or request_id not in self._pending:
            return None
        decode = self._pending.pop(request_id)
        if error is not None:
            return Response(request_id, error=error)
        try:
            return Response(request_id, decode(message.get("result")))
        except RpcError as misfit:
            return Response(request_id, error=misfit)


def hello_params() -> HelloParams:
    """The name and protocol version of this client."""
    return HelloParams(f"crystalmath {__version__}", PROTOCOL_VERSION)


def check_hello(hello: Hello) -> None:
    """Refuse a server that speaks another protocol version.

    Raises
    ------
    VersionMismatch
        The hint explains how to restart the server.
    """
    if hello.protocol != PROTOCOL_VERSION:
        raise VersionMismatch(
            f"this client speaks protocol {PROTOCOL_VERSION}, server {hello.version} speaks {hello.protocol}",
            hint="Restart the server: crystalmath server stop; the next command starts the new one.",
        )


def _decoder_of(kind: type[R]) -> Callable[[Json], R]:
    """Decode a result; a result of the wrong type is the server's fault."""

    def decode(result: Json) -> R:
        try:
            return codec.from_json(kind, result)
        except InvalidParams as misfit:
            raise InternalError(
                f"the answer is not as agreed: {misfit}",
                hint="Client and server may differ in version: crystalmath server stop, then try again.",
            ) from misfit

    return decode


def _notice(name: str, params: Json) -> Notice:
    row = PROGRESS if name == PROGRESS.name else find_notification(name)
    if row is None:
        return Notice(name, params)
    try:
        return Notice(name, codec.from_json(row.params, params))
    except InvalidParams:
        return Notice(name, params)


def _error(error: Json) -> RpcError | None:
    if not isinstance(error, dict):
        return None
    try:
        return from_json(cast("dict[str, Json]", error))
    except ValueError:
        return InternalError("the server sent an error that cannot be read")
