"""Dispatch of requests: quick methods answer immediately, slow ones return Work.

jsonrpcserver dispatches what is not in the method table; its chain of wrappers takes a quarter of the time of
a ping, so methods are looked up and called here.
"""

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
    """Accepts any arguments: ParamsReader validates them, with our own error messages and fields."""

    def bind(self, /, *args: Any, **kwargs: Any) -> BoundArguments:  # noqa: ARG002
        """Accept."""
        return _BOUND


_ANY_ARGUMENTS = _AnyArguments()
"""jsonrpcserver reads the signature on every call; computing it would cost more than the call."""
_BOUND = Signature().bind()


class Peer(Protocol):
    """The client that sent a frame, as seen by the dispatcher."""

    def cancel(self, id_: Id) -> None:
        """Cancel the request in flight with this id, if any."""
        ...

    def progress(self, id_: Id, text: str, fraction: float | None) -> None:
        """Report the progress of a request."""
        ...

    @property
    def subscriptions(self) -> Subscriptions:
        """The client's subscriptions."""
        ...

    def subscribe(self, work: SubscriptionWork, credit: int) -> int:
        """Start a subscription and return its number."""
        ...


@dataclass(slots=True)
class Work:
    """A slow request, validated but not started."""

    binding: Binding[Any, Any]
    params: Any
    peer: Peer
    id: Any = NOID
    started_s: float = field(default_factory=time.perf_counter)
    scope: CancelScope = field(default_factory=CancelScope)

    @property
    def expects_response(self) -> bool:
        """Whether the client expects a response, i.e. the request is not a notification."""
        return self.id is not NOID


CURRENT: ContextVar[Work | None] = ContextVar("crystalmath_request", default=None)
"""The request of the current task."""

ErrorCheck = Callable[[RpcError, Method[Any, Any]], RpcError]

Answer = bytes | Work
"""Bytes of a response, empty for a notification; or work that produces them."""


class Dispatcher:
    """Answers requests with the handlers of `bindings`.

    With `strict`, used in tests, undeclared errors of a method become INTERNAL_ERROR.
    """

    def __init__(
        self, bindings: Iterable[Binding[Any, Any]], ports: Ports, meters: Meters, *, strict: bool = False
    ) -> None:
        self._meters = meters
        self._ports = ports
        self._checked = require_declared if strict else _as_raised
        entries = by_name(tuple(bindings)).items()
        self._entries = {name: (ParamsReader(row.method.params), row) for name, row in entries}
        self._notifications = {CANCEL_REQUEST.name: _cancel_entry()}

    def dispatch(self, item: Any, peer: Peer) -> Answer:
        """Answer one request, or return the work to run for its response."""
        started_s = time.perf_counter()
        try:
            envelope.check_request(item)
        except ValidationError:
            return envelope.failure(envelope.why_invalid(item), None)
        name, id_ = item["method"], item.get("id", NOID)
        entry = self._entries.get(name)
        if entry is None:
            return self._dispatch_other(item, peer)
        try:
            result = self._begin(*entry, item.get("params", ()), peer)
        except Exception as error:  # noqa: BLE001  every handler error is reported to the client
            answer = self._checked(to_rpc_error(error, name), entry[1].method)
            self._meters.record(name, time.perf_counter() - started_s, failed=True)
            return b"" if id_ is NOID else envelope.failure(answer, id_)
        if isinstance(result, Work):
            result.id = id_
            return result
        return self._succeed(name, result, id_, started_s)

    def _begin(self, reader: ParamsReader[Any], binding: Binding[Any, Any], given: Any, peer: Peer) -> Any:
        """The result of a method that can answer at once, otherwise the work to run."""
        params = reader.read(given)
        if binding.inline:
            return _finish(binding.handler(self._ports, params))
        if binding.at_once is not None:
            result = binding.at_once(self._ports, params)
            if result is not None:
                return result
        return Work(binding, params, peer)

    def _dispatch_other(self, item: Any, peer: Peer) -> bytes:
        """Answer a request that is not in the method table, with jsonrpcserver."""
        request = create_request(item)
        error = _error_of(dispatch_request(self._notifications, peer, request)[1], request.method)
        if request.id is NOID:
            return b""
        return envelope.success(None, request.id) if error is None else envelope.failure(error, request.id)

    async def run(self, work: Work) -> bytes:
        """Run slow work and return the response, empty for a notification."""
        CURRENT.set(work)
        name = work.binding.method.name
        with work.scope:
            try:
                result = await work.binding.handler(self._ports, work.params)
            except Exception as error:  # noqa: BLE001  every handler error is reported to the client
                return self.fail(work, self._checked(to_rpc_error(error, name), work.binding.method))
            return self._succeed(name, result, work.id, work.started_s)
        return self.fail(work, RequestCancelled())

    def fail(self, work: Work, error: RpcError) -> bytes:
        """The response to failed work."""
        elapsed_s = time.perf_counter() - work.started_s
        self._meters.record(work.binding.method.name, elapsed_s, failed=True)
        return envelope.failure(error, work.id) if work.expects_response else b""

    def _succeed(self, name: str, result: object, id_: Any, started_s: float) -> bytes:
        self._meters.record(name, time.perf_counter() - started_s, failed=False)
        if id_ is NOID:
            return b""
        try:
            payload = envelope.success(result, id_)
        except TypeError as error:
            return envelope.failure(to_rpc_error(error, name), id_)
        if len(payload) > MAX_FRAME:
            return envelope.failure(FrameTooLarge(f"The result has {len(payload)} bytes."), id_)
        return payload


def to_rpc_error(error: Exception, name: str) -> RpcError:
    """The error for the client; unexpected errors are logged, and the client gets only a reference."""
    if isinstance(error, RpcError):
        return error
    reference = secrets.token_hex(4)
    log.error("[%s] %s failed", reference, name, exc_info=error)
    return InternalError(f"{name} failed unexpectedly.", reference=reference)


def require_declared(error: RpcError, method: Method[Any, Any]) -> RpcError:
    """The error if the method declares it, otherwise an InternalError that fails tests."""
    if error.code in (*method.errors, *EVERY_METHOD):
        return error
    detail = f"{method.name} raised {error.code.name}, which its row does not declare: {error}"
    log.error("%s", detail)
    return InternalError(
        detail, hint=f"Add it to the errors of {method.name} in crystalmath_server/protocol."
    )


def _as_raised(error: RpcError, _method: Method[Any, Any]) -> RpcError:
    return error


def _error_of(outcome: Any, name: str) -> RpcError | None:
    """The error of jsonrpcserver's outcome, or None."""
    if not hasattr(outcome, "_error"):
        return None
    error = outcome._error  # noqa: SLF001  jsonrpcserver's Either has no public accessor
    if isinstance(error.data, RpcError):
        return error.data
    if error.code == ErrorCode.METHOD_NOT_FOUND:
        return MethodNotFound()
    return to_rpc_error(RuntimeError(f"jsonrpcserver: {error}"), name)


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
    """`$/cancelRequest`, handled here because it concerns the client's own requests."""
    reader = ParamsReader(CancelParams)

    def entry(peer: Peer, /, *args: object, **kwargs: object) -> Any:
        try:
            peer.cancel(reader.read(args or kwargs).id)
        except RpcError as error:
            raise JsonRpcError(error.code, error.message, error) from error
        return Success()

    entry.__signature__ = _ANY_ARGUMENTS
    return entry
