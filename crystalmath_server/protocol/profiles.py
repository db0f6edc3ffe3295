"""profiles.*: AiiDA profiles."""

from typing import Annotated

from crystalmath_server.protocol.errors import ErrorCode
from crystalmath_server.protocol.method import Doc, Example, Length, Method, NoParams, Params
from crystalmath_server.protocol.record import record


@record
class ProfileRow:
    """One AiiDA profile."""

    name: str
    storage: Annotated[str, Doc("storage backend, e.g. core.sqlite_dos")]
    broker: Annotated[str, Doc("message broker backend; empty: none")]
    is_default: bool
    in_use: Annotated[bool, Doc("whether this server uses the profile")]


@record
class ProfileList:
    """All profiles of this AiiDA installation."""

    rows: tuple[ProfileRow, ...]


@record
class CreateProfileParams(Params):
    """An embedded profile to create, with SQLite storage and a ZeroMQ broker."""

    name: Annotated[str, Length(1, 64), Doc("letters, digits, - and _")]
    make_default: Annotated[bool, Doc("make it the default profile of verdi and crystalmath")] = False


PROFILES_LIST = Method(
    "profiles.list",
    NoParams,
    ProfileList,
    "List AiiDA profiles.",
    errors=(ErrorCode.PROFILE_UNAVAILABLE, ErrorCode.STORAGE_FULL),
)
PROFILES_CREATE = Method(
    "profiles.create",
    CreateProfileParams,
    ProfileRow,
    "Create an embedded AiiDA profile.",
    errors=(
        ErrorCode.INVALID_FORM,
        ErrorCode.CONFLICT,
        ErrorCode.STORAGE_FULL,
        ErrorCode.PROFILE_UNAVAILABLE,
    ),
    effect="write",
    timeout_s=60,
    example=Example({"name": "example"}),
)
METHODS = (PROFILES_LIST, PROFILES_CREATE)
