"""The light Python client: typed calls to the server, standard library only."""

import os
import time
from collections.abc import Callable

from crystalmath_server.protocol.errors import Conflict, ConnectionLost
from crystalmath_server.protocol.system import ProgressParams
from crystalmath_tui.client.daemon import START_S, Where, connect_or_spawn, locate, start_failure
from crystalmath_tui.client.transport import Client

KNOCKS = 3
KNOCK_PAUSE_S = 0.1

__all__ = ["Client", "connect", "connect_to"]


def connect(
    profile: str | None = None,
    *,
    socket: str | os.PathLike[str] | None = None,
    spawn: bool = True,
    on_progress: Callable[[ProgressParams], None] | None = None,
) -> Client:
    """Connect to the server of an AiiDA profile, starting the server if it is not running.

    Parameters
    ----------
    profile
        AiiDA profile; if None: $CRYSTALMATH_PROFILE, the settings, AiiDA's default, or "crystalmath".
    socket
        Path of the socket; if None, the profile's socket.
    spawn
        Whether to start the server.
    on_progress
        Called for each `$/progress` notification of a call.

    Raises
    ------
    DaemonStartFailed, VersionMismatch, NotAllowed
        Each with a hint at the fix.

    Examples
    --------
    >>> from crystalmath_server.protocol.jobs import JOBS_LIST, ListJobsParams
    >>> with connect() as server:  # doctest: +SKIP
    ...     page = server.call(JOBS_LIST, ListJobsParams(limit=5))
    """
    client = connect_to(locate(profile, socket, spawn=spawn), on_progress=on_progress)
    serves = client.hello.profile if client.hello else ""
    if profile and serves != profile:
        client.close()
        raise Conflict(
            f"the server serves profile {serves}, not {profile}",
            field="profile",
            hint="Omit --socket, or give the profile that the server serves.",
        )
    return client


def connect_to(
    where: Where,
    *,
    start_s: float = START_S,
    on_words: Callable[[str], None] | None = None,
    on_progress: Callable[[ProgressParams], None] | None = None,
) -> Client:
    """Connect to a server and exchange versions.

    A server that is shutting down may accept a connection and then drop it; connecting is then retried.
    """
    dropped: ConnectionLost | None = None
    for _ in range(KNOCKS):
        client = Client(connect_or_spawn(where, start_s, on_words), on_progress)
        try:
            client.greet()
        except ConnectionLost as lost:
            client.close()
            dropped = lost
            time.sleep(KNOCK_PAUSE_S)
        except BaseException:
            client.close()
            raise
        else:
            return client
    raise start_failure(where, "it ended before its first answer") from dropped
