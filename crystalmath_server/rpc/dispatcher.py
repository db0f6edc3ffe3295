"""Frame → jsonrpcserver, item by item → answers: quick methods at once, slow ones as work to be awaited."""

import logging
import secrets
import time
from collections.abc import Callable, Coroutine, Iterable
from contextvars import ContextVar
from dataclasses import dataclass, field
from inspect import Parameter, Signature
from typing import Any, Protocol

from anyio import CancelScope
from jsonrpcserver import JsonRpcError, Success
from jsonrpcserver.dispatcher import dispatch_to_response_pure
from jsonrpcserver.sentinels import NOID
from oslash.either import Left

from crystalmath_server.ports import Ports
from crystalmath_server.protocol.errors import (
    ErrorCode,
    FrameTooLarge,
    InternalError,
    MethodNotFound,
    RequestCancelled,
    RpcError,
)
from crystalmath_server.protocol.framing import MAX_FRAME
from crystalmath_server.protocol.system import CANCEL_REQUEST, CancelParams
from crystalmath_server.rpc import envelope
from crystalmath_server.rpc.bindings import Binding, by_name
from crystalmath_server.rpc.envelope import Id
from crystalmath_server.rpc.meters import Meters
from crystalmath_server.rpc.validation import ParamsReader

log = logging.getLogger(__name__)

_SIGNATURE = Signature(
    [
        Parameter("turn", Parameter.POSITIONAL_ONLY),
        Parameter("args", Parameter.VAR_POSITIONAL),
        Parameter("kwargs", Parameter.VAR_KEYWORD),
    ]
)
"""jsonrpcserver asks every method for its signature at every call; computing it costs more than the call."""


class Peer(Protocol):
    """What the dispatcher needs of the client that sent a frame."""

    def cancel(self, id_: Id) -> None:
        """Cancel the request in flight that has this id, if there is one."""
        ...

    def progress(self, id_: Id, text: str, fraction: float | None) -> None:
        """Tell how far a request is."""
        ...


@dataclass(slots=True)
class Work:
    """A slow request, validated and not yet begun."""

    binding: Binding[Any, Any]
    params: Any
    peer: Peer
    id: Any = NOID
    started_s: float = field(default_factory=time.perf_counter)
    scope: CancelScope = field(default_factory=CancelScope)

    @property
    def awaited(self) -> bool:
        """Whether the client waits for an answer: it is no notification."""
        return self.id is not NOID


CURRENT: ContextVar[Work | None] = ContextVar("crystalmath_request", default=None)
"""The request that the running task works on."""

Answer = bytes | Work
"""Bytes of a response, empty for a notification; or work that will give them."""


@dataclass(slots=True)
class _Turn:
    """What one request passes through jsonrpcserver to its method, and back."""

    peer: Peer
    work: Work | None = None


class Dispatcher:
    """Answers requests with the handlers of `bindings`."""

    def __init__(self, bindings: Iterable[Binding[Any, Any]], ports: Ports, meters: Meters) -> None:
        self._meters = meters
        self._ports = ports
        self._methods = {name: _entry(row, ports) for name, row in by_name(tuple(bindings)).items()}
        self._methods[CANCEL_REQUEST.name] = _cancel_entry()

    def dispatch(self, item: object, peer: Peer) -> Answer:
        """Answer one request, or give the work that is to be awaited for its answer."""
        started_s = time.perf_counter()
        turn = _Turn(peer)
        response = _respond(self._methods, item, turn)
        if turn.work is not None:
            turn.work.id = NOID if response is None else response._value.id
            return turn.work
        if response is None:
            return b""
        if isinstance(response, Left):
            return self._refuse(response._error, item, started_s)
        return self._succeed(_name(item), response._value.result, response._value.id, started_s)

    async def run(self, work: Work) -> bytes:
        """Do slow work to its end; its answer, empty for a notification."""
        CURRENT.set(work)
        name = work.binding.method.name
        with work.scope:
            try:
                result = await work.binding.handler(self._ports, work.params)
            except Exception as error:  # noqa: BLE001  whatever a handler raises is told to its client
                return self.fail(work, told(error, name))
            return self._succeed(name, result, work.id, work.started_s)
        return self.fail(work, RequestCancelled())

    def fail(self, work: Work, error: RpcError) -> bytes:
        """The answer to work that came to nothing."""
        elapsed_s = time.perf_counter() - work.started_s
        self._meters.record(work.binding.method.name, elapsed_s, failed=True)
        return envelope.failure(error, work.id) if work.awaited else b""

    def _refuse(self, response: Any, item: object, started_s: float) -> bytes:
        error = _error_of(response, item)
        if error.code not in (ErrorCode.INVALID_REQUEST, ErrorCode.METHOD_NOT_FOUND):
            self._meters.record(_name(item), time.perf_counter() - started_s, failed=True)
        return envelope.failure(error, response.id)

    def _succeed(self, name: str, result: object, id_: Any, started_s: float) -> bytes:
        self._meters.record(name, time.perf_counter() - started_s, failed=False)
        if id_ is NOID:
            return b""
        try:
            payload = envelope.success(result, id_)
        except TypeError as error:
            return envelope.failure(told(error, name), id_)
        if len(payload) > MAX_FRAME:
            return envelope.failure(FrameTooLarge(f"The result has {len(payload)} bytes."), id_)
        return payload


def told(error: Exception, name: str) -> RpcError:
    """The error for the client; an unforeseen one goes to the log, and only its reference to the client."""
    if isinstance(error, RpcError):
        return error
    reference = secrets.token_hex(4)
    log.error("[%s] %s failed", reference, name, exc_info=error)
    return InternalError(f"{name} failed in a way that was not foreseen.", reference=reference)


def _respond(methods: dict[str, Callable[..., Any]], item: object, turn: _Turn) -> Any:
    """jsonrpcserver's part: envelope, method, arguments, call; a response, or None for a notification."""
    return dispatch_to_response_pure(
        deserializer=_as_is,
        validator=envelope.check_request,  # pyright: ignore[reportArgumentType]  its result is not used
        post_process=_as_is,
        context=turn,
        methods=methods,
        request=item,  # pyright: ignore[reportArgumentType]  parsed already
    )


def _as_is(value: Any) -> Any:
    return value


def _name(item: Any) -> str:
    return item["method"]


def _error_of(response: Any, item: object) -> RpcError:
    if isinstance(response.data, RpcError):
        return response.data
    if response.code == ErrorCode.INVALID_REQUEST:
        return envelope.why_invalid(item)
    if response.code == ErrorCode.METHOD_NOT_FOUND:
        return MethodNotFound()
    return told(RuntimeError(str(response.data)), "jsonrpcserver")


def _entry(binding: Binding[Any, Any], ports: Ports) -> Callable[..., Any]:
    """A method as jsonrpcserver calls it."""
    reader = ParamsReader(binding.method.params)

    def entry(turn: _Turn, /, *args: object, **kwargs: object) -> Any:
        try:
            params = reader.read(args, kwargs)
            if binding.inline:
                return Success(_finish(binding.handler(ports, params)))
        except Exception as error:
            answer = told(error, binding.method.name)
            raise JsonRpcError(answer.code, answer.message, answer) from error
        turn.work = Work(binding, params, turn.peer)
        return Success()

    entry.__signature__ = _SIGNATURE  # pyright: ignore[reportFunctionMemberAccess]
    return entry


def _finish(coroutine: Coroutine[Any, Any, Any]) -> Any:
    """Run a coroutine that never waits."""
    try:
        coroutine.send(None)
    except StopIteration as done:
        return done.value
    coroutine.close()
    message = "a handler that is bound inline must not wait"
    raise RuntimeError(message)


def _cancel_entry() -> Callable[..., Any]:
    """`$/cancelRequest`, which concerns the client's own requests and so is no handler's business."""
    reader = ParamsReader(CancelParams)

    def entry(turn: _Turn, /, *args: object, **kwargs: object) -> Any:
        try:
            turn.peer.cancel(reader.read(args, kwargs).id)
        except RpcError as error:
            raise JsonRpcError(error.code, error.message, error) from error
        return Success()

    entry.__signature__ = _SIGNATURE  # pyright: ignore[reportFunctionMemberAccess]
    return entry
