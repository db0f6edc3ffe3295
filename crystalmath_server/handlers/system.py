"""system.* and rpc.discover: the server itself."""

import os
import time

from crystalmath_server import __version__
from crystalmath_server.ports import Ports
from crystalmath_server.protocol.errors import VersionMismatch
from crystalmath_server.protocol.method import PROTOCOL_VERSION, Json, NoParams
from crystalmath_server.protocol.methods import METHODS
from crystalmath_server.protocol.system import Hello, HelloParams, Metrics, Pong, Status, Stopping


async def hello(ports: Ports, params: HelloParams) -> Hello:
    """Exchange versions; raises VersionMismatch if they differ."""
    if params.protocol != PROTOCOL_VERSION:
        detail = (
            f"{params.client} speaks protocol {params.protocol}; "
            f"crystalmath-server {__version__} speaks {PROTOCOL_VERSION}."
        )
        raise VersionMismatch(detail, field="protocol", hint=_way_out(params.protocol))
    return Hello(
        server="crystalmath-server",
        version=__version__,
        protocol=PROTOCOL_VERSION,
        profile=ports.server.status().profile,
        pid=os.getpid(),
        capabilities=tuple(METHODS),
    )


def _way_out(client_protocol: int) -> str:
    if client_protocol > PROTOCOL_VERSION:
        return "Restart the server, which is older: crystalmath-server stop"
    return "Update the client, which is older than the server."


async def ping(_ports: Ports, _params: NoParams) -> Pong:
    """Respond immediately."""
    return Pong(time.time())


async def status(ports: Ports, _params: NoParams) -> Status:
    """State of the server and its components, from memory."""
    return ports.server.status()


async def metrics(ports: Ports, _params: NoParams) -> Metrics:
    """Server statistics since the start."""
    return ports.server.metrics()


async def shutdown(ports: Ports, _params: NoParams) -> Stopping:
    """Start shutting down."""
    return Stopping(ports.server.shutdown())


async def discover(ports: Ports, _params: NoParams) -> dict[str, Json]:
    """The OpenRPC document."""
    return await ports.server.discover()
