"""All error codes, and the groups that methods share."""

from enum import IntEnum


class ErrorCode(IntEnum):
    """Every error code of the server and the client."""

    PARSE_ERROR = -32700
    INVALID_REQUEST = -32600
    METHOD_NOT_FOUND = -32601
    INVALID_PARAMS = -32602
    INTERNAL_ERROR = -32603
    OVERLOADED = -32000
    SHUTTING_DOWN = -32001
    VERSION_MISMATCH = -32003
    FRAME_TOO_LARGE = -32004
    REQUEST_CANCELLED = -32800
    NOT_FOUND = 1001
    CONFLICT = 1002
    NOT_ALLOWED = 1003
    FILE_UNREADABLE = 1004
    INVALID_FORM = 2001
    INVALID_TEMPLATE = 2002
    INVALID_STRUCTURE = 2003
    MISSING_POTENTIAL = 2004
    ENGINE_UNAVAILABLE = 2005
    PROFILE_UNAVAILABLE = 3001
    STORAGE_UNREACHABLE = 3002
    DAEMON_NOT_RUNNING = 3003
    BROKER_UNAVAILABLE = 3004
    STORAGE_FULL = 3005
    TRANSPORT_FAILED = 4001
    SCHEDULER_REJECTED = 4002
    COMPUTER_DISABLED = 4003
    HOST_KEY_REFUSED = 4004
    ACCESS_DENIED = 4005
    WORK_DIR_UNUSABLE = 4006
    WORKER_CRASHED = 5001
    WORKER_TIMEOUT = 5002
    CONNECTION_LOST = 9001  # client only
    DAEMON_START_FAILED = 9002  # client only
    CALL_TIMEOUT = 9003  # client only


EVERY_METHOD = (
    ErrorCode.PARSE_ERROR,
    ErrorCode.INVALID_REQUEST,
    ErrorCode.METHOD_NOT_FOUND,
    ErrorCode.INVALID_PARAMS,
    ErrorCode.INTERNAL_ERROR,
    ErrorCode.OVERLOADED,
    ErrorCode.SHUTTING_DOWN,
    ErrorCode.FRAME_TOO_LARGE,
    ErrorCode.REQUEST_CANCELLED,
)
"""Errors that any request may return; methods do not declare them."""
AIIDA = (ErrorCode.PROFILE_UNAVAILABLE, ErrorCode.STORAGE_UNREACHABLE, ErrorCode.STORAGE_FULL)
"""Errors of the AiiDA profile and its storage."""
DAEMON = (ErrorCode.DAEMON_NOT_RUNNING, ErrorCode.BROKER_UNAVAILABLE)
"""Errors of AiiDA's daemon when it takes or controls a job."""
WORKER = (ErrorCode.WORKER_CRASHED, ErrorCode.WORKER_TIMEOUT)
"""Errors of the server's worker process."""
LINK = (ErrorCode.TRANSPORT_FAILED, ErrorCode.HOST_KEY_REFUSED, ErrorCode.ACCESS_DENIED)
"""Errors when connecting to a host."""
REMOTE = (*LINK, ErrorCode.COMPUTER_DISABLED)
"""Errors when accessing a cluster."""
