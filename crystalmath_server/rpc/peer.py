"""Credentials of the peer of a Unix socket, from the kernel; standard library only."""

import socket
import struct

_CREDENTIALS = struct.Struct("3i")


def peer_pid(sock: socket.socket) -> int:
    """Pid of the peer process."""
    return _credentials(sock)[0]


def peer_uid(sock: socket.socket) -> int:
    """User id of the peer."""
    return _credentials(sock)[1]


def _credentials(sock: socket.socket) -> tuple[int, int, int]:
    return _CREDENTIALS.unpack(sock.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _CREDENTIALS.size))
