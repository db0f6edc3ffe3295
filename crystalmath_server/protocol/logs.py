"""logs.*: a file of a job is followed while it grows."""

from typing import Annotated, Literal

from crystalmath_server.protocol.error_codes import AIIDA, REMOTE
from crystalmath_server.protocol.errors import ErrorCode
from crystalmath_server.protocol.method import Bound, Doc, Example, Length, Method, Notification, Params
from crystalmath_server.protocol.record import record

LogEvent = Literal["", "waiting", "truncated", "rotated", "unreachable", "ended"]


@record
class FollowParams(Params):
    """Which file, from where; `offset` goes before `last_lines`, and that before `last_bytes`."""

    pk: Annotated[int, Bound(1), Doc("pk of the process node")]
    path: Annotated[str, Length(1, 4096)]
    source: Annotated[
        Literal["work", "retrieved", "inputs"],
        Doc("work: on the cluster, and what was retrieved once the job has ended"),
    ] = "work"
    offset: Annotated[int | None, Bound(0), Doc("first byte; where a broken connection continues")] = None
    last_lines: Annotated[int | None, Bound(0, 10_000), Doc("begin so many lines before the end")] = None
    last_bytes: Annotated[int | None, Bound(0), Doc("begin so many bytes before the end")] = None
    identity: Annotated[str, Doc("of the last chunk: a file that was replaced meanwhile is noticed")] = ""
    credit: Annotated[int, Bound(0, 67_108_864), Doc("bytes that may be sent at first", "bytes")] = 1_048_576


@record
class Following:
    """A subscription; it ends with the connection."""

    subscription: int
    offset: Annotated[int, Doc("first byte that will be sent")]
    size: Annotated[int, Doc("size of the file now; 0 while there is none", "bytes")]
    identity: str = ""


@record
class CreditParams(Params):
    """More bytes that a subscription may send."""

    subscription: Annotated[int, Bound(1)]
    bytes: Annotated[int, Bound(0, 67_108_864), Doc("added to what is left", "bytes")]


@record
class SubscriptionParams(Params):
    """Which subscription."""

    subscription: Annotated[int, Bound(1)]


@record
class SubscriptionState:
    """A subscription after the call."""

    subscription: int
    active: Annotated[bool, Doc("false where it has ended, or there was none")]
    credit: Annotated[int, Doc("what it may still send", "bytes")] = 0
    paused: bool = False


@record
class LogChunk(Params):
    """A part of a followed file, or what befell it.

    Chunks of one subscription join without a gap: the first begins at the offset of `logs.follow`, each other
    at the `next_offset` of the one before. After "truncated" and "rotated" they begin at 0 again.
    """

    subscription: int
    offset: int
    next_offset: Annotated[int, Doc("where to go on after a broken connection")]
    size: Annotated[int, Doc("size of the whole file when it was read", "bytes")]
    encoding: Literal["utf-8", "base64"] = "utf-8"
    content: str = ""
    identity: Annotated[str, Doc("of the file; give it to logs.follow to go on")] = ""
    event: Annotated[LogEvent, Doc("empty: the file grew; ended: nothing follows")] = ""
    words: Annotated[str, Doc("the event in words")] = ""


LOGS_FOLLOW = Method(
    "logs.follow",
    FollowParams,
    Following,
    "Follow a file of a job; what it has and gets comes as logs.chunk.",
    errors=(ErrorCode.NOT_FOUND, ErrorCode.NOT_ALLOWED, ErrorCode.FILE_UNREADABLE, *REMOTE, *AIIDA),
    timeout_s=100,
    example=Example({"pk": 1, "path": "_aiidasubmit.sh", "source": "inputs", "last_lines": 10}),
)
LOGS_CREDIT = Method(
    "logs.credit",
    CreditParams,
    SubscriptionState,
    "Let a subscription send more; without credit nothing is read nor sent.",
    example=Example({"subscription": 1, "bytes": 65536}),
)
LOGS_PAUSE = Method(
    "logs.pause",
    SubscriptionParams,
    SubscriptionState,
    "Let a subscription send nothing until logs.resume.",
    example=Example({"subscription": 1}),
)
LOGS_RESUME = Method(
    "logs.resume",
    SubscriptionParams,
    SubscriptionState,
    "Let a paused subscription go on, where it stopped.",
    example=Example({"subscription": 1}),
)
LOGS_UNFOLLOW = Method(
    "logs.unfollow",
    SubscriptionParams,
    SubscriptionState,
    "End a subscription.",
    example=Example({"subscription": 1}),
)
LOGS_CHUNK = Notification("logs.chunk", LogChunk, "A part of a followed file, or what befell it.", "server")
METHODS = (LOGS_FOLLOW, LOGS_CREDIT, LOGS_PAUSE, LOGS_RESUME, LOGS_UNFOLLOW)
NOTIFICATIONS = (LOGS_CHUNK,)
