"""Sans-I/O framing of a byte stream: JSON lines or Content-Length headers, with limits.

1. The first byte of a connection selects the style for both directions: `{`, `[` or whitespace means one JSON
   value per line; anything else means headers as in the Language Server Protocol.
2. An oversized frame or an invalid header breaks the stream permanently, because later frames cannot be
   delimited. Frames completed before it are still returned.
3. Empty lines are not frames. Payloads are returned unchanged, without checking that they are JSON.
"""

from typing import Literal

from crystalmath_server.protocol.errors import FrameTooLarge, ParseError, RpcError

Style = Literal["lines", "headers"]

MAX_FRAME = 16 * 1024 * 1024
"""Maximum payload of one frame [bytes]."""
MAX_HEADER = 4096
"""Maximum size of the header block [bytes]."""

_LINE_STARTS = b"{[ \t\r\n"
_HEADER_END = b"\r\n\r\n"


class Framer:
    """Split the bytes of one connection into frames.

    Attributes
    ----------
    style
        The peer's framing style; None before its first byte.
    broken
        The error that broke the stream, or None.
    """

    def __init__(self, limit: int = MAX_FRAME) -> None:
        self.style: Style | None = None
        self.broken: RpcError | None = None
        self._limit = limit
        self._buffer = bytearray()
        self._scanned = 0
        self._length: int | None = None

    def feed(self, data: bytes) -> list[bytes]:
        """Process received bytes and return the completed frames.

        Raises
        ------
        FrameTooLarge, ParseError
            If the stream is broken and no frame is left; every later call raises the same error.
        """
        frames: list[bytes] = []
        if self.broken is None:
            try:
                self._take(data, frames)
            except RpcError as error:
                self._break(error)
        if self.broken is not None and not frames:
            raise self.broken
        return frames

    def _take(self, data: bytes, frames: list[bytes]) -> None:
        if self.style is None and data:
            self.style = "lines" if data[0] in _LINE_STARTS else "headers"
        if self.style == "lines":
            self._take_lines(data, frames)
        else:
            self._buffer += data
            while (frame := self._next_headed()) is not None:
                frames.append(frame)

    def _break(self, error: RpcError) -> None:
        self.broken = error
        self._buffer.clear()

    def _take_lines(self, data: bytes, frames: list[bytes]) -> None:
        end = data.rfind(b"\n")
        if end >= 0:
            first, *rest = data[:end].split(b"\n")
            self._line(bytes(self._buffer) + first if self._buffer else first, frames)
            self._buffer.clear()
            for line in rest:
                self._line(line, frames)
        self._buffer += data[end + 1 :]
        self._check(len(self._buffer))

    def _line(self, line: bytes, frames: list[bytes]) -> None:
        self._check(len(line))
        if line and not line.isspace():
            frames.append(line)

    def _next_headed(self) -> bytes | None:
        """The next frame with headers, or None while it is incomplete."""
        if self._length is None:
            self._length = self._next_length()
        if self._length is None or len(self._buffer) < self._length:
            return None
        frame = bytes(self._buffer[: self._length])
        del self._buffer[: self._length]
        self._length = None
        return frame

    def _next_length(self) -> int | None:
        """Remove a complete header block and return its content length."""
        end = self._buffer.find(_HEADER_END, max(0, self._scanned - len(_HEADER_END)), MAX_HEADER)
        if end < 0:
            self._scanned = len(self._buffer)
            _check_header_start(self._buffer)
            return None
        length = _content_length(bytes(self._buffer[:end]))
        self._check(length)
        del self._buffer[: end + len(_HEADER_END)]
        self._scanned = 0
        return length

    def _check(self, length: int) -> None:
        if length > self._limit:
            raise FrameTooLarge(f"A message of {length} bytes or more; the limit is {self._limit} bytes.")


def _check_header_start(buffer: bytearray) -> None:
    """Reject invalid headers early; otherwise a peer that sends garbage would wait forever."""
    if len(buffer) >= MAX_HEADER:
        raise ParseError(f"No end of headers in {MAX_HEADER} bytes.")
    line, found, _ = bytes(buffer).partition(b"\n")
    if found and b":" not in line:
        raise ParseError("Neither JSON nor a Content-Length header.")


def _content_length(block: bytes) -> int:
    values = [
        value.strip()
        for name, _, value in (line.partition(b":") for line in block.split(b"\r\n"))
        if name.strip().lower() == b"content-length"
    ]
    if len(values) != 1 or not values[0].isdigit() or len(values[0]) > len(str(MAX_FRAME)) + 8:
        raise ParseError("The headers must hold one Content-Length, a number of bytes.")
    return int(values[0])


def encode(payload: bytes, style: Style | None) -> bytes:
    """Frame a payload in the peer's style; for JSON lines, the payload must not contain line breaks."""
    if style == "headers":
        return b"Content-Length: %d\r\n\r\n%b" % (len(payload), payload)
    return payload + b"\n"
