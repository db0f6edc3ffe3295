"""Frame → jsonrpcserver, item by item → answers: quick methods at once, slow ones as work to be awaited."""

import logging
import secrets
import time
from collections.abc import Callable, Coroutine, Iterable
from contextvars import ContextVar
from dataclasses import dataclass, field
from inspect import BoundArguments, Signature
from typing import Any, Protocol

from anyio import CancelScope
from jsonrpcserver import JsonRpcError, Success
from jsonrpcserver.dispatcher import create_request, dispatch_request
from jsonrpcserver.request import Request
from jsonrpcserver.sentinels import NOID
from pydantic_core import ValidationError

from crystalmath_server.domain.jobs.sink import SubscriptionWork
from crystalmath_server.ports import Ports
from crystalmath_server.protocol.error_codes import EVERY_METHOD
from crystalmath_server.protocol.errors import (
    ErrorCode,
    FrameTooLarge,
    InternalError,
    MethodNotFound,
    RequestCancelled,
    RpcError,
)
from crystalmath_server.protocol.framing import MAX_FRAME
from crystalmath_server.protocol.method import Method
from crystalmath_server.protocol.system import CANCEL_REQUEST, CancelParams
from crystalmath_server.rpc import envelope
from crystalmath_server.rpc.bindings import Binding, by_name
from crystalmath_server.rpc.envelope import Id
from crystalmath_server.rpc.meters import Meters
from crystalmath_server.rpc.subscriptions import Subscriptions
from crystalmath_server.rpc.validation import ParamsReader

log = logging.getLogger(__name__)


class _AnyArguments(Signature):
    """Fits all: the parameters are validated with words and fields of ours, not by binding a signature."""

    def bind(self, /, *args: Any, **kwargs: Any) -> BoundArguments:  # noqa: ARG002
        """Accept."""
        return _BOUND


_ANY_ARGUMENTS = _AnyArguments()
"""jsonrpcserver asks every method for its signature at every call; computing it costs more than the call."""
_BOUND = Signature().bind()


class Peer(Protocol):
    """What the dispatcher needs of the client that sent a frame."""

    def cancel(self, id_: Id) -> None:
        """Cancel the request in flight that has this id, if there is one."""
        ...

    def progress(self, id_: Id, text: str, fraction: float | None) -> None:
        """Tell how far a request is."""
        ...

    @property
    def subscriptions(self) -> Subscriptions:
        """What it follows."""
        ...

    def subscribe(self, work: SubscriptionWork, credit: int) -> int:
        """Begin a subscription; its number."""
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
        """Whether the client waits for an answer: it is not a notification."""
        return self.id is not NOID


CURRENT: ContextVar[Work | None] = ContextVar("crystalmath_request", default=None)
"""The request that the running task works on."""

ErrorCheck = Callable[[RpcError, Method[Any, Any]], RpcError]

Answer = bytes | Work
"""Bytes of a response, empty for a notification; or work that will give them."""


class Dispatcher:
    """Answers requests with the handlers of `bindings`.

    With `strict`, as in tests, a method answers no error that its row does not declare.
    """

    def __init__(
        self, bindings: Iterable[Binding[Any, Any]], ports: Ports, meters: Meters, *, strict: bool = False
    ) -> None:
        self._meters = meters
        self._ports = ports
        self._checked = declared_only if strict else _as_raised
        entries = by_name(tuple(bindings)).items()
        self._methods = {name: _entry(row, ports, self._checked) for name, row in entries}
        self._methods[CANCEL_REQUEST.name] = _cancel_entry()

    def dispatch(self, item: Any, peer: Peer) -> Answer:
        """Answer one request, or give the work that is to be awaited for its answer."""
        started_s = time.perf_counter()
        try:
            envelope.check_request(item)
        except ValidationError:
            return envelope.failure(envelope.why_invalid(item), None)
        request = create_request(item)
        error, result = _outcome(self._methods, request, peer)
        if isinstance(result, Work):
            result.id = request.id
            return result
        if error is None:
            return self._succeed(request.method, result, request.id, started_s)
        if request.method in self._methods:
            self._meters.record(request.method, time.perf_counter() - started_s, failed=True)
        return b"" if request.id is NOID else envelope.failure(error, request.id)

    async def run(self, work: Work) -> bytes:
        """Do slow work to its end; its answer, empty for a notification."""
        CURRENT.set(work)
        name = work.binding.method.name
        with work.scope:
            try:
                result = await work.binding.handler(self._ports, work.params)
            except Exception as error:  # noqa: BLE001  whatever a handler raises is told to its client
                return self.fail(work, self._checked(told(error, name), work.binding.method))
            return self._succeed(name, result, work.id, work.started_s)
        return self.fail(work, RequestCancelled())

    def fail(self, work: Work, error: RpcError) -> bytes:
        """The answer to work that came to nothing."""
        elapsed_s = time.perf_counter() - work.started_s
        self._meters.record(work.binding.method.name, elapsed_s, failed=True)
        return envelope.failure(error, work.id) if work.awaited else b""

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


def declared_only(error: RpcError, method: Method[Any, Any]) -> RpcError:
    """The error, if the method's row declares it; else one that no test takes for it."""
    if error.code in (*method.errors, *EVERY_METHOD):
        return error
    detail = f"{method.name} raised {error.code.name}, which its row does not declare: {error}"
    log.error("%s", detail)
    return InternalError(
        detail, hint=f"Add it to the errors of {method.name} in crystalmath_server/protocol."
    )


def _as_raised(error: RpcError, _method: Method[Any, Any]) -> RpcError:
    return error


def _outcome(methods: dict[str, Any], request: Request, peer: Peer) -> tuple[RpcError | None, Any]:
    """The error or the result of one request; to look up, bind and call is jsonrpcserver's part."""
    outcome: Any = dispatch_request(methods, peer, request)[1]
    if not hasattr(outcome, "_error"):
        return None, outcome._value.result  # noqa: SLF001  the Either of jsonrpcserver has no other way in
    error = outcome._error  # noqa: SLF001
    if isinstance(error.data, RpcError):
        return error.data, None
    if error.code == ErrorCode.METHOD_NOT_FOUND:
        return MethodNotFound(), None
    return told(RuntimeError(f"jsonrpcserver: {error}"), request.method), None


def _entry(binding: Binding[Any, Any], ports: Ports, checked: ErrorCheck) -> Callable[..., Any]:
    """A method as jsonrpcserver calls it."""
    reader = ParamsReader(binding.method.params)

    def entry(peer: Peer, /, *args: object, **kwargs: object) -> Any:
        try:
            params = reader.read(args, kwargs)
            if binding.inline:
                return Success(_finish(binding.handler(ports, params)))
        except Exception as error:
            answer = checked(told(error, binding.method.name), binding.method)
            raise JsonRpcError(answer.code, answer.message, answer) from error
        return Success(Work(binding, params, peer))

    entry.__signature__ = _ANY_ARGUMENTS
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
    """`$/cancelRequest`, which concerns the client's own requests and so is not a handler's business."""
    reader = ParamsReader(CancelParams)

    def entry(peer: Peer, /, *args: object, **kwargs: object) -> Any:
        try:
            peer.cancel(reader.read(args, kwargs).id)
        except RpcError as error:
            raise JsonRpcError(error.code, error.message, error) from error
        return Success()

    entry.__signature__ = _ANY_ARGUMENTS
    return entry
