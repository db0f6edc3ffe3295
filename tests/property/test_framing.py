"""Framing: whatever the chunks, the same frames; whatever the bytes, no other error than the named ones."""

import contextlib
import itertools

from hypothesis import given
from hypothesis import strategies as st

from crystalmath_server.protocol.errors import RpcError
from crystalmath_server.protocol.framing import Framer, Style, encode

payloads = st.lists(
    st.binary(max_size=60).map(lambda tail: b"{" + tail.replace(b"\n", b" ").replace(b"\r", b" ") + b"}"),
    min_size=1,
    max_size=8,
)
styles = st.sampled_from(["lines", "headers"])


def chunks(data: bytes, cuts: list[int]) -> list[bytes]:
    places = sorted({cut % (len(data) + 1) for cut in cuts} | {0, len(data)})
    return [data[start:end] for start, end in itertools.pairwise(places)]


@given(payloads, styles, st.lists(st.integers(min_value=0), max_size=30))
def test_any_chunking_gives_the_same_frames(sent: list[bytes], style: Style, cuts: list[int]) -> None:
    data = b"".join(encode(payload, style) for payload in sent)
    framer = Framer()
    assert [frame for chunk in chunks(data, cuts) for frame in framer.feed(chunk)] == sent
    assert framer.style == style


@given(payloads, styles)
def test_byte_by_byte(sent: list[bytes], style: Style) -> None:
    framer = Framer()
    data = b"".join(encode(payload, style) for payload in sent)
    assert [frame for byte in data for frame in framer.feed(bytes([byte]))] == sent


@given(st.lists(st.binary(max_size=200), max_size=10), st.integers(1, 50))
def test_rubbish_raises_nothing_else_and_keeps_no_more_than_the_limit(data: list[bytes], limit: int) -> None:
    framer = Framer(limit)
    with contextlib.suppress(RpcError):
        for chunk in data:
            assert all(len(frame) <= limit for frame in framer.feed(chunk))


@given(payloads, styles, st.binary(min_size=1, max_size=20), st.lists(st.integers(min_value=0), max_size=9))
def test_frames_before_a_break_are_handed_out(
    sent: list[bytes], style: Style, rest: bytes, cuts: list[int]
) -> None:
    broken = rest + b"x" * 5000 if style == "headers" else b"{" + b"x" * 5000
    framer, received = Framer(limit=4096), []
    data = b"".join(encode(payload, style) for payload in sent) + broken
    with contextlib.suppress(RpcError):
        for chunk in chunks(data, cuts):
            received += framer.feed(chunk)
    assert received[: len(sent)] == sent
