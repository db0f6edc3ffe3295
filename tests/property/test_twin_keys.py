"""A frame in which a key is repeated is refused, however it is written; any other is parsed."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crystalmath_server.protocol.errors import ParseError
from crystalmath_server.rpc import envelope

TEXT = st.text(st.sampled_from('ab:"\\{}, é'), max_size=6)
PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | TEXT,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT, inner, max_size=4),
    max_leaves=20,
)
SEPARATORS = st.sampled_from([(",", ":"), (", ", ": "), (" ,\t", " :\n")])
LENGTHS = st.sampled_from([0, 5000])
"""Bytes added to a frame: large frames are checked in another way."""


def write(value: Any, separators: tuple[str, str], length: int) -> bytes:
    return json.dumps({"value": value, "filler": "x" * length}, separators=separators).encode()


@given(PLAIN, SEPARATORS, LENGTHS)
def test_a_value_is_read_as_json_reads_it(value: Any, separators: tuple[str, str], length: int) -> None:
    payload = write(value, separators, length)
    assert envelope.parse(payload) == json.loads(payload)


@given(PLAIN, TEXT, PLAIN, SEPARATORS, LENGTHS)
def test_a_repeated_key_is_refused(
    value: Any, key: str, inner: Any, separators: tuple[str, str], length: int
) -> None:
    payload = write([value, "HERE"], separators, length)
    name, text = json.dumps(key), json.dumps(inner, separators=separators)
    twice = separators[0].join([f"{name}{separators[1]}{text}"] * 2)
    with pytest.raises(ParseError, match="appears twice"):
        envelope.parse(payload.replace(b'"HERE"', b"{%s}" % twice.encode()))
