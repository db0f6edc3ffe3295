"""logs.*: follow a job's file while it grows."""

from typing import Annotated, Literal

from crystalmath_server.protocol.error_codes import AIIDA, REMOTE
from crystalmath_server.protocol.errors import ErrorCode
from crystalmath_server.protocol.method import Bound, Doc, Example, Length, Method, Notification, Params
from crystalmath_server.protocol.record import record

LogEvent = Literal["", "waiting", "truncated", "rotated", "unreachable", "ended"]


@record
class FollowParams(Params):
    """A file to follow and where to start; `offset` overrides `last_lines`, which overrides `last_bytes`."""

    pk: Annotated[int, Bound(1), Doc("pk of the process node")]
    path: Annotated[str, Length(1, 4096)]
    source: Annotated[
        Literal["work", "retrieved", "inputs"],
        Doc("work: work folder on the cluster, or the retrieved files once the job has ended"),
    ] = "work"
    offset: Annotated[int | None, Bound(0), Doc("first byte; use it to resume after a lost connection")] = (
        None
    )
    last_lines: Annotated[int | None, Bound(0, 10_000), Doc("start this many lines before the end")] = None
    last_bytes: Annotated[int | None, Bound(0), Doc("start this many bytes before the end")] = None
    identity: Annotated[str, Doc("identity from the last chunk, to detect that the file was replaced")] = ""
    credit: Annotated[int, Bound(0, 67_108_864), Doc("initial number of bytes that may be sent", "bytes")] = (
        1_048_576
    )


@record
class Following:
    """A subscription; it ends with the connection."""

    subscription: int
    offset: Annotated[int, Doc("first byte that will be sent")]
    size: Annotated[int, Doc("current size of the file; 0 if it does not exist yet", "bytes")]
    identity: str = ""


@record
class CreditParams(Params):
    """Credit to add to a subscription."""

    subscription: Annotated[int, Bound(1)]
    bytes: Annotated[int, Bound(0, 67_108_864), Doc("bytes to add to the remaining credit", "bytes")]


@record
class SubscriptionParams(Params):
    """A subscription by number."""

    subscription: Annotated[int, Bound(1)]


@record
class SubscriptionState:
    """A subscription after the call."""

    subscription: int
    active: Annotated[bool, Doc("false if the subscription has ended or never existed")]
    credit: Annotated[int, Doc("remaining credit", "bytes")] = 0
    paused: bool = False


@record
class LogChunk(Params):
    """A part of a followed file, or an event.

    Chunks of one subscription are contiguous: the first starts at the offset from `logs.follow`, every other
    chunk at the `next_offset` of the previous one. After "truncated" or "rotated", offsets restart at 0.
    """

    subscription: int
    offset: int
    next_offset: Annotated[int, Doc("offset to resume from after a lost connection")]
    size: Annotated[int, Doc("size of the whole file at the time of reading", "bytes")]
    encoding: Literal["utf-8", "base64"] = "utf-8"
    content: str = ""
    identity: Annotated[str, Doc("identity of the file; pass it to logs.follow to resume")] = ""
    event: Annotated[LogEvent, Doc("empty: the file grew; ended: this is the last chunk")] = ""
    words: Annotated[str, Doc("description of the event")] = ""


LOGS_FOLLOW = Method(
    "logs.follow",
    FollowParams,
    Following,
    "Follow a job's file; its content arrives as logs.chunk notifications.",
    errors=(ErrorCode.NOT_FOUND, ErrorCode.NOT_ALLOWED, ErrorCode.FILE_UNREADABLE, *REMOTE, *AIIDA),
    timeout_s=100,
    example=Example({"pk": 1, "path": "_aiidasubmit.sh", "source": "inputs", "last_lines": 10}),
)
LOGS_CREDIT = Method(
    "logs.credit",
    CreditParams,
    SubscriptionState,
    "Grant a subscription more credit; without credit it reads and sends nothing.",
    example=Example({"subscription": 1, "bytes": 65536}),
)
LOGS_PAUSE = Method(
    "logs.pause",
    SubscriptionParams,
    SubscriptionState,
    "Pause a subscription until logs.resume.",
    example=Example({"subscription": 1}),
)
LOGS_RESUME = Method(
    "logs.resume",
    SubscriptionParams,
    SubscriptionState,
    "Resume a paused subscription where it stopped.",
    example=Example({"subscription": 1}),
)
LOGS_UNFOLLOW = Method(
    "logs.unfollow",
    SubscriptionParams,
    SubscriptionState,
    "End a subscription.",
    example=Example({"subscription": 1}),
)
LOGS_CHUNK = Notification("logs.chunk", LogChunk, "A part of a followed file, or an event.", "server")
METHODS = (LOGS_FOLLOW, LOGS_CREDIT, LOGS_PAUSE, LOGS_RESUME, LOGS_UNFOLLOW)
NOTIFICATIONS = (LOGS_CHUNK,)
