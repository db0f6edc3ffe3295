"""Error classes, one per code, and their conversion to and from JSON-RPC error objects."""

from dataclasses import asdict, dataclass
from typing import ClassVar, cast

from crystalmath_server.protocol.error_codes import ErrorCode


@dataclass(frozen=True, slots=True)
class ErrorData:
    """The `data` member of an error object.

    Attributes
    ----------
    kind
        Name of the error class.
    detail
        What happened, with the actual values.
    hint
        What to do about the error.
    retryable
        Whether the same request may succeed later.
    field
        Dotted name of the invalid parameter, or "".
    reference
        Reference to the details in the server's log, or "".
    """

    kind: str
    detail: str = ""
    hint: str = ""
    retryable: bool = False
    field: str = ""
    reference: str = ""


class RpcError(Exception):
    """Base class of errors reported to clients; raise a subclass."""

    code: ClassVar[ErrorCode] = ErrorCode.INTERNAL_ERROR
    message: ClassVar[str] = "Internal error"
    hint: ClassVar[str] = "See the server's log: crystalmath-server logs"
    retryable: ClassVar[bool] = False

    def __init__(self, detail: str = "", *, field: str = "", hint: str = "", reference: str = "") -> None:
        super().__init__(detail or self.message)
        self.data = ErrorData(
            type(self).__name__, detail, hint or self.hint, self.retryable, field, reference
        )

    def to_json(self) -> dict[str, object]:
        """The JSON-RPC error object."""
        return {"code": int(self.code), "message": self.message, "data": asdict(self.data)}


class ParseError(RpcError):
    """Code PARSE_ERROR."""

    code = ErrorCode.PARSE_ERROR
    message = "Parse error"
    hint = "Send UTF-8 JSON, one value per frame."


class InvalidRequest(RpcError):
    """Code INVALID_REQUEST."""

    code = ErrorCode.INVALID_REQUEST
    message = "Invalid Request"
    hint = "Send a JSON-RPC 2.0 request object."


class MethodNotFound(RpcError):
    """Code METHOD_NOT_FOUND."""

    code = ErrorCode.METHOD_NOT_FOUND
    message = "Method not found"
    hint = "List the methods with rpc.discover."


class InvalidParams(RpcError):
    """Code INVALID_PARAMS."""

    code = ErrorCode.INVALID_PARAMS
    message = "Invalid params"
    hint = "Look up the method's parameters with rpc.discover."


class InternalError(RpcError):
    """Code INTERNAL_ERROR."""

    code = ErrorCode.INTERNAL_ERROR
    message = "Internal error"
    hint = "See the server's log: crystalmath-server logs"


class Overloaded(RpcError):
    """Code OVERLOADED."""

    code = ErrorCode.OVERLOADED
    message = "Server is overloaded"
    hint = "Wait for responses before sending more requests."
    retryable = True


class ShuttingDown(RpcError):
    """Code SHUTTING_DOWN."""

    code = ErrorCode.SHUTTING_DOWN
    message = "Server is shutting down"
    hint = "Connect again; a new server starts automatically."
    retryable = True


class VersionMismatch(RpcError):
    """Code VERSION_MISMATCH."""

    code = ErrorCode.VERSION_MISMATCH
    message = "Client and server versions do not match"
    hint = "Restart the server: crystalmath-server stop"


class FrameTooLarge(RpcError):
    """Code FRAME_TOO_LARGE."""

    code = ErrorCode.FRAME_TOO_LARGE
    message = "Message is too large"
    hint = "Send less data at a time, or pass a path instead of the text."


class RequestCancelled(RpcError):
    """Code REQUEST_CANCELLED."""

    code = ErrorCode.REQUEST_CANCELLED
    message = "Request was cancelled"
    hint = "No action is needed."


class NotFound(RpcError):
    """Code NOT_FOUND."""

    code = ErrorCode.NOT_FOUND
    message = "Not found"
    hint = "List the available items and choose one."


class Conflict(RpcError):
    """Code CONFLICT."""

    code = ErrorCode.CONFLICT
    message = "Conflicts with the current state"
    hint = "Fetch the current state and try again."


class NotAllowed(RpcError):
    """Code NOT_ALLOWED."""

    code = ErrorCode.NOT_ALLOWED
    message = "Not allowed"
    hint = "The current state or user does not permit this action."


class FileUnreadable(RpcError):
    """Code FILE_UNREADABLE."""

    code = ErrorCode.FILE_UNREADABLE
    message = "File cannot be read or written"
    hint = "Check that the path exists and that its permissions are correct."


class InvalidForm(RpcError):
    """Code INVALID_FORM."""

    code = ErrorCode.INVALID_FORM
    message = "Invalid form field"
    hint = "Correct the field and try again."


class InvalidTemplate(RpcError):
    """Code INVALID_TEMPLATE."""

    code = ErrorCode.INVALID_TEMPLATE
    message = "The template does not fit the structure"
    hint = "Choose another template or other settings."


class InvalidStructure(RpcError):
    """Code INVALID_STRUCTURE."""

    code = ErrorCode.INVALID_STRUCTURE
    message = "The structure cannot be used"
    hint = "Give an ordered crystal structure in a format that pymatgen reads."


class MissingPotential(RpcError):
    """Code MISSING_POTENTIAL."""

    code = ErrorCode.MISSING_POTENTIAL
    message = "A pseudopotential is missing"
    hint = "Set the path of the potentials."


class EngineUnavailable(RpcError):
    """Code ENGINE_UNAVAILABLE."""

    code = ErrorCode.ENGINE_UNAVAILABLE
    message = "The engine is not installed"
    hint = "Install it, or choose another engine."


class ProfileUnavailable(RpcError):
    """Code PROFILE_UNAVAILABLE."""

    code = ErrorCode.PROFILE_UNAVAILABLE
    message = "The AiiDA profile cannot be used"
    hint = "List the profiles with: verdi profile list"


class StorageUnreachable(RpcError):
    """Code STORAGE_UNREACHABLE."""

    code = ErrorCode.STORAGE_UNREACHABLE
    message = "AiiDA's storage cannot be reached"
    hint = "Check the database with: verdi status"
    retryable = True


class DaemonNotRunning(RpcError):
    """Code DAEMON_NOT_RUNNING."""

    code = ErrorCode.DAEMON_NOT_RUNNING
    message = "AiiDA's daemon is not running"
    hint = "Start it with: verdi daemon start"
    retryable = True


class BrokerUnavailable(RpcError):
    """Code BROKER_UNAVAILABLE."""

    code = ErrorCode.BROKER_UNAVAILABLE
    message = "AiiDA's message broker cannot be reached"
    hint = "Check it with: verdi status"
    retryable = True


class StorageFull(RpcError):
    """Code STORAGE_FULL."""

    code = ErrorCode.STORAGE_FULL
    message = "The disk is full or not writable"
    hint = "Free disk space or fix the permissions, then try again."
    retryable = True


class TransportFailed(RpcError):
    """Code TRANSPORT_FAILED."""

    code = ErrorCode.TRANSPORT_FAILED
    message = "The cluster cannot be reached"
    hint = "Test the connection with: verdi computer test"
    retryable = True


class SchedulerRejected(RpcError):
    """Code SCHEDULER_REJECTED."""

    code = ErrorCode.SCHEDULER_REJECTED
    message = "The scheduler rejected the request"
    hint = "Read its message and correct the resources."


class ComputerDisabled(RpcError):
    """Code COMPUTER_DISABLED."""

    code = ErrorCode.COMPUTER_DISABLED
    message = "The cluster is disabled for this user"
    hint = "Enable it with: verdi computer enable"


class HostKeyRefused(RpcError):
    """Code HOST_KEY_REFUSED."""

    code = ErrorCode.HOST_KEY_REFUSED
    message = "The host's key is not trusted"
    hint = "Compare its fingerprint with the one your computing center publishes, then add it to known_hosts."


class AccessDenied(RpcError):
    """Code ACCESS_DENIED."""

    code = ErrorCode.ACCESS_DENIED
    message = "The host refused the login"
    hint = "First make `ssh HOST` work without a password: use a key, an agent, or an open master connection."


class WorkDirUnusable(RpcError):
    """Code WORK_DIR_UNUSABLE."""

    code = ErrorCode.WORK_DIR_UNUSABLE
    message = "The work folder on the cluster cannot be used"
    hint = "Choose a folder that you can write to: crystalmath clusters update LABEL --work-dir FOLDER"


class WorkerCrashed(RpcError):
    """Code WORKER_CRASHED."""

    code = ErrorCode.WORKER_CRASHED
    message = "The worker process ended unexpectedly"
    hint = "Try again; if the problem persists, see crystalmath-server logs."
    retryable = True


class WorkerTimeout(RpcError):
    """Code WORKER_TIMEOUT."""

    code = ErrorCode.WORKER_TIMEOUT
    message = "The operation took too long and was stopped"
    hint = "Try a smaller structure or other settings."
    retryable = True


class ConnectionLost(RpcError):
    """Code CONNECTION_LOST."""

    code = ErrorCode.CONNECTION_LOST
    message = "Connection to the server lost"
    hint = "The client is reconnecting; see crystalmath-server status."
    retryable = True


class ServerStartFailed(RpcError):
    """Code DAEMON_START_FAILED."""

    code = ErrorCode.DAEMON_START_FAILED
    message = "The server could not be started"
    hint = "Run it in the foreground to see why: crystalmath-server --foreground"


class CallTimeout(RpcError):
    """Code CALL_TIMEOUT."""

    code = ErrorCode.CALL_TIMEOUT
    message = "No response in time"
    hint = "The server may be busy or stuck: crystalmath server status"
    retryable = True


ERRORS: dict[int, type[RpcError]] = {int(cls.code): cls for cls in RpcError.__subclasses__()}
"""Error code → class."""
UNREACHABLE = (TransportFailed, HostKeyRefused, AccessDenied)
"""Errors that make a cluster temporarily unreachable."""


def from_json(error: dict[str, object]) -> RpcError:
    """The exception for a JSON-RPC error object; InternalError for an unknown code."""
    data = error.get("data")
    fields = cast("dict[str, object]", data) if isinstance(data, dict) else {}
    cls = ERRORS.get(int(str(error.get("code", 0))), InternalError)
    return cls(
        str(fields.get("detail") or error.get("message", "")),
        field=str(fields.get("field", "")),
        hint=str(fields.get("hint", "")),
        reference=str(fields.get("reference", "")),
    )
