"""Framing: which style, what breaks a stream, what it costs."""

import pytest

from crystalmath_server.protocol.errors import FrameTooLarge, ParseError
from crystalmath_server.protocol.framing import MAX_HEADER, Framer, encode


@pytest.mark.parametrize("first", [b"{", b"[", b" ", b"\t", b"\r", b"\n"])
def test_json_or_white_space_means_lines(first: bytes) -> None:
    framer = Framer()
    framer.feed(first)
    assert framer.style == "lines"


@pytest.mark.parametrize("first", [b"C", b"c", b"\x00", b"\xff", b"1", b'"'])
def test_anything_else_means_headers(first: bytes) -> None:
    framer = Framer()
    framer.feed(first)
    assert framer.style == "headers"


def test_no_byte_decides_nothing() -> None:
    framer = Framer()
    assert framer.feed(b"") == []
    assert framer.style is None


def test_empty_lines_are_no_frames() -> None:
    assert Framer().feed(b'\n\r\n  \n{"a":1}\r\n\n') == [b'{"a":1}\r']


def test_other_headers_and_any_case_are_fine() -> None:
    data = b"content-type: application/json\r\nCONTENT-LENGTH:  2\r\n\r\n{}"
    assert Framer().feed(data) == [b"{}"]


@pytest.mark.parametrize(
    "data",
    [
        b"Content-Length: two\r\n\r\n",
        b"Content-Length: -2\r\n\r\n",
        b"Content-Length: 2\r\nContent-Length: 3\r\n\r\n",
        b"Content-Type: text\r\n\r\n",
        b"Content-Length: " + b"9" * 5000 + b"\r\n\r\n",
        b"GET / HTTP/1.1\r\n",
        b"\x16\x03\x01 hello\n",
        b"C" * MAX_HEADER,
    ],
)
def test_headers_without_sense_break_the_stream(data: bytes) -> None:
    framer = Framer()
    with pytest.raises(ParseError):
        framer.feed(data)
    with pytest.raises(ParseError):
        framer.feed(b"Content-Length: 2\r\n\r\n{}")


@pytest.mark.parametrize(
    "data", [b"{" + b"x" * 100, b"{" + b"x" * 100 + b"\n", b"Content-Length: 101\r\n\r\n"]
)
def test_too_large(data: bytes) -> None:
    with pytest.raises(FrameTooLarge, match="100 bytes"):
        Framer(limit=100).feed(data)


@pytest.mark.parametrize("style", ["lines", "headers"])
def test_the_limit_itself_fits(style: str) -> None:
    payload = b"{" + b"x" * 98 + b"}"
    assert Framer(limit=100).feed(encode(payload, style)) == [payload]  # type: ignore[arg-type]


def test_frames_before_the_break_come_first() -> None:
    framer = Framer(limit=10)
    assert framer.feed(b"{}\n[]\n{" + b"x" * 20) == [b"{}", b"[]"]
    assert isinstance(framer.broken, FrameTooLarge)


def test_an_unknown_style_is_lines() -> None:
    assert encode(b"{}", None) == b"{}\n"
