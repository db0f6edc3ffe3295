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
    """How a part of the server is."""

    LOADING = "loading"
    READY = "ready"
    STOPPED = "stopped"
    FAILED = "failed"


@record
class HelloParams(Params):
    """Who calls."""

    client: Annotated[str, Doc("name and version of the client")]
    protocol: Annotated[int, Doc("protocol version of the client")]


@record
class Hello:
    """Who answers."""

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
    """One part of the server, in words."""

    state: PartState
    detail: str = ""
    hint: str = ""


@record
class Status:
    """The server at a glance; answered without touching AiiDA.

    `jobs_revision` grows with every change of the list of jobs: poll it, fetch the page when it moved.
    """

    profile: str
    pid: int
    version: str
    socket: str
    uptime_s: Annotated[float, Doc("time since start", "s")]
    storage: Annotated[Part, Doc("AiiDA profile and its storage")]
    daemon: Annotated[Part, Doc("AiiDA's daemon and broker")]
    worker: Annotated[Part, Doc("process that holds atomate2 and pymatgen")]
    clients: int
    in_flight: int
    jobs_revision: int


@record
class MethodMetrics:
    """Counts of one method since start."""

    method: str
    calls: int
    errors: int
    mean_ms: Annotated[float, Doc("mean time from frame to answer", "ms")]
    max_ms: Annotated[float, Doc("longest time from frame to answer", "ms")]


@record
class Metrics:
    """Counts of the server since start."""

    uptime_s: Annotated[float, Doc("time since start", "s")]
    rss_mb: Annotated[float, Doc("resident memory", "MB")]
    cpu_s: Annotated[float, Doc("processor time used", "s")]
    connections: int
    frames_in: int
    frames_out: int
    longest_stall_ms: Annotated[float, Doc("longest time in which the event loop did not turn", "ms")]
    methods: tuple[MethodMetrics, ...]


@record
class Stopping:
    """The server finishes what is in flight, then ends."""

    in_flight: int


@record
class CancelParams(Params):
    """Which request to cancel."""

    id: Annotated[int | str, Doc("id of the request")]


@record
class ProgressParams(Params):
    """How far a request of this client is."""

    id: Annotated[int | str, Doc("id of the request")]
    text: str
    fraction: Annotated[float | None, Doc("0 to 1, or null where unknown")] = None


HELLO = Method(
    "system.hello",
    HelloParams,
    Hello,
    "Exchange versions; the first call of a client.",
    errors=(ErrorCode.VERSION_MISMATCH,),
    example=Example({"client": "example 1", "protocol": PROTOCOL_VERSION}),
)
PING = Method("system.ping", NoParams, Pong, "Answer at once.", timeout_s=2)
STATUS = Method("system.status", NoParams, Status, "Show the server and its parts.", timeout_s=2)
METRICS = Method("system.metrics", NoParams, Metrics, "Show counts and times since start.", timeout_s=2)
SHUTDOWN = Method(
    "system.shutdown",
    NoParams,
    Stopping,
    "Finish what is in flight and stop; jobs go on.",
    effect="write",
    confirm=Confirm("Stop the server? Jobs keep running."),
)
DISCOVER = Method("rpc.discover", NoParams, dict[str, Json], "Describe all methods as an OpenRPC document.")
CANCEL_REQUEST = Notification("$/cancelRequest", CancelParams, "Cancel a request in flight.", "client")
PROGRESS = Notification("$/progress", ProgressParams, "Tell how far a request is.", "server")
METHODS = (HELLO, PING, STATUS, METRICS, SHUTDOWN, DISCOVER)
NOTIFICATIONS = (CANCEL_REQUEST, PROGRESS)
