"""A blocking call to a server, for start, status and stop; standard library only."""

import json
import os
import socket
from pathlib import Path
from typing import Any

from crystalmath_server.protocol.errors import ConnectionLost, from_json
from crystalmath_server.protocol.framing import Framer, encode


def call(path: Path, method: str, timeout_s: float = 5.0) -> Any:
    """Call a method without parameters.

    Raises
    ------
    ConnectionLost
        No server responds.
    RpcError
        The error returned by the server.
    """
    request = {"jsonrpc": "2.0", "id": 1, "method": method}
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as sock:
            sock.settimeout(timeout_s)
            sock.connect(os.fspath(path))
            sock.sendall(encode(json.dumps(request).encode(), "lines"))
            response = _receive(sock)
    except OSError as error:
        raise ConnectionLost(f"no server answers at {path}: {error}") from error
    if "error" in response:
        raise from_json(response["error"])
    return response["result"]


def _receive(sock: socket.socket) -> dict[str, Any]:
    framer = Framer()
    while data := sock.recv(65536):
        for frame in framer.feed(data):
            message = json.loads(frame)
            if "id" in message:
                return message
    message = "the server closed the connection"
    raise ConnectionResetError(message)
