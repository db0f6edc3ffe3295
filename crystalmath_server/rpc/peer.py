"""Who is at the other end of a Unix socket, as the kernel knows it; standard library only."""

import socket
import struct

_CREDENTIALS = struct.Struct("3i")


def peer_pid(sock: socket.socket) -> int:
    """Process at the other end."""
    return _credentials(sock)[0]


def peer_uid(sock: socket.socket) -> int:
    """User at the other end."""
    return _credentials(sock)[1]


def _credentials(sock: socket.socket) -> tuple[int, int, int]:
    return _CREDENTIALS.unpack(sock.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _CREDENTIALS.size))
