"""system.*: the server itself."""

from enum import StrEnum
from typing import Annotated

from crystalmath_server.protocol.errors import ErrorCode
from crystalmath_server.protocol.method import (
    PROTOCOL_VERSION,
    Confirm,
    Doc,
    Example,
    Json,
    Method,
    NoParams,
    Notification,
    Params,
)
from crystalmath_server.protocol.record import record


class PartState(StrEnum):
    """State of a server component."""

    LOADING = "loading"
    READY = "ready"
    STOPPED = "stopped"
    FAILED = "failed"


@record
class HelloParams(Params):
    """Identity of the client."""

    client: Annotated[str, Doc("name and version of the client")]
    protocol: Annotated[int, Doc("protocol version of the client")]


@record
class Hello:
    """Identity of the server."""

    server: str
    version: str
    protocol: int
    profile: str
    pid: int
    capabilities: tuple[str, ...]


@record
class Pong:
    """The server's clock."""

    time_s: Annotated[float, Doc("UNIX time", "s")]


@record
class Part:
    """State of one server component, with details and a hint."""

    state: PartState
    detail: str = ""
    hint: str = ""


@record
class Status:
    """Overview of the server, built without touching AiiDA.

    `jobs_revision` increases with every change of the job list: poll it and fetch the page when it changes.
    """

    profile: str
    pid: int
    version: str
    socket: str
    uptime_s: Annotated[float, Doc("time since start", "s")]
    storage: Annotated[Part, Doc("AiiDA profile and its storage")]
    daemon: Annotated[Part, Doc("AiiDA's daemon and broker")]
    worker: Annotated[Part, Doc("worker process with atomate2 and pymatgen")]
    clients: int
    in_flight: int
    jobs_revision: int


@record
class MethodMetrics:
    """Statistics of one method since the server started."""

    method: str
    calls: int
    errors: int
    mean_ms: Annotated[float, Doc("mean time from request to response", "ms")]
    max_ms: Annotated[float, Doc("longest time from request to response", "ms")]


@record
class Metrics:
    """Statistics of the server since it started."""

    uptime_s: Annotated[float, Doc("time since start", "s")]
    rss_mb: Annotated[float, Doc("resident memory", "MB")]
    cpu_s: Annotated[float, Doc("CPU time used", "s")]
    connections: int
    frames_in: int
    frames_out: int
    longest_stall_ms: Annotated[float, Doc("longest time the event loop was blocked", "ms")]
    methods: tuple[MethodMetrics, ...]


@record
class Stopping:
    """The server finishes the requests in flight, then stops."""

    in_flight: int


@record
class CancelParams(Params):
    """The request to cancel."""

    id: Annotated[int | str, Doc("id of the request")]


@record
class ProgressParams(Params):
    """Progress of a request."""

    id: Annotated[int | str, Doc("id of the request")]
    text: str
    fraction: Annotated[float | None, Doc("0 to 1; null: unknown")] = None


HELLO = Method(
    "system.hello",
    HelloParams,
    Hello,
    "Exchange versions; a client's first call.",
    errors=(ErrorCode.VERSION_MISMATCH,),
    example=Example({"client": "example 1", "protocol": PROTOCOL_VERSION}),
)
PING = Method("system.ping", NoParams, Pong, "Check that the server responds.", timeout_s=2)
STATUS = Method(
    "system.status", NoParams, Status, "Show the state of the server and its components.", timeout_s=2
)
METRICS = Method("system.metrics", NoParams, Metrics, "Show server statistics since the start.", timeout_s=2)
SHUTDOWN = Method(
    "system.shutdown",
    NoParams,
    Stopping,
    "Finish requests in flight and stop the server; jobs keep running.",
    effect="write",
    confirm=Confirm("Stop the server? Jobs keep running."),
)
DISCOVER = Method("rpc.discover", NoParams, dict[str, Json], "Describe all methods as an OpenRPC document.")
CANCEL_REQUEST = Notification("$/cancelRequest", CancelParams, "Cancel a request in flight.", "client")
PROGRESS = Notification("$/progress", ProgressParams, "Report the progress of a request.", "server")
METHODS = (HELLO, PING, STATUS, METRICS, SHUTDOWN, DISCOVER)
NOTIFICATIONS = (CANCEL_REQUEST, PROGRESS)
