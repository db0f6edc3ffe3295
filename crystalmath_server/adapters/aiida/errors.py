"""Translation of AiiDA, SQLAlchemy and OS exceptions to RPC errors."""

import errno

from crystalmath_server.adapters.remote.errors import error_chain
from crystalmath_server.protocol.errors import (
    BrokerUnavailable,
    Conflict,
    NotFound,
    ProfileUnavailable,
    RpcError,
    StorageFull,
    StorageUnreachable,
)

_UNWRITABLE = {errno.ENOSPC, errno.EDQUOT, errno.EACCES, errno.EPERM, errno.EROFS, errno.EFBIG}
_LIBRARIES = ("aiida", "sqlalchemy", "sqlite3", "kiwipy", "plumpy", "aio_pika", "pika")
_MIGRATE = "If AiiDA was upgraded: verdi -p {profile} storage migrate. If downgraded: upgrade aiida-core."
_LOCKED = "Wait for maintenance of this profile to finish, then try again."
_CONFIG = "Check AiiDA's config.json, or list the profiles with: verdi profile list"
_DAMAGED = "Restore the storage from a backup, or use another profile: crystalmath --profile NAME"

_BY_CLASS: dict[str, tuple[type[RpcError], str]] = {
    "NotExistent": (NotFound, ""),
    "MultipleObjectsError": (Conflict, ""),
    "LockedProfileError": (ProfileUnavailable, _LOCKED),
    "LockingProfileError": (ProfileUnavailable, _LOCKED),
    "IncompatibleDatabaseSchema": (ProfileUnavailable, _MIGRATE),
    "StorageMigrationError": (ProfileUnavailable, _CONFIG),
    "CorruptStorage": (ProfileUnavailable, _DAMAGED),
    "UnreachableStorage": (StorageUnreachable, ""),
    "ClosedStorage": (StorageUnreachable, ""),
    "ConfigurationError": (ProfileUnavailable, _CONFIG),
    "OperationalError": (StorageUnreachable, ""),
    "InterfaceError": (StorageUnreachable, ""),
    "DatabaseError": (ProfileUnavailable, _DAMAGED),
    "EntryPointError": (ProfileUnavailable, "Install the plugin that this profile or node needs."),
    "CommunicatorClosed": (BrokerUnavailable, ""),
    "DeliveryFailed": (BrokerUnavailable, ""),
    "UnroutableError": (BrokerUnavailable, ""),
    "AMQPError": (BrokerUnavailable, ""),
}


def translate(error: BaseException, profile: str) -> RpcError | None:
    """The RPC error for an AiiDA failure, or None if the exception is not a known one."""
    if isinstance(error, RpcError):
        return error
    chain = tuple(error_chain(error))
    if any(_unwritable(link) for link in chain):
        return StorageFull(_message(error))
    known = next((entry for link in chain if (entry := _by_class(link))), None)
    if known is not None:
        kind, hint = known
        return kind(_message(error), hint=hint.format(profile=profile))
    if isinstance(error, ConnectionError):
        return BrokerUnavailable(_message(error))
    return None


def _unwritable(error: BaseException) -> bool:
    if isinstance(error, OSError):
        return error.errno in _UNWRITABLE
    if not type(error).__module__.startswith(("sqlite3", "sqlalchemy")):
        return False
    text = str(error)
    return "disk is full" in text or "readonly database" in text or "disk I/O error" in text


def _by_class(error: BaseException) -> tuple[type[RpcError], str] | None:
    for cls in type(error).__mro__:
        if cls.__module__.startswith(_LIBRARIES) and cls.__name__ in _BY_CLASS:
            return _BY_CLASS[cls.__name__]
    return None


def _message(error: BaseException) -> str:
    """The message without SQLAlchemy's statement and background link, truncated."""
    lines = [line for line in str(error).splitlines() if line.strip()]
    kept = [line for line in lines if not line.startswith(("[SQL:", "[parameters:", "(Background on"))]
    return " ".join(kept)[:1000] or type(error).__name__
