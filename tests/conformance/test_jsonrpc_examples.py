"""Every example of the JSON-RPC 2.0 specification, byte for byte, in both framings and under odd chunking."""

import json
from dataclasses import dataclass

import anyio
import pytest

from crystalmath_server.ports import Ports
from crystalmath_server.protocol.framing import Framer, Style, encode
from crystalmath_server.protocol.method import Method, NoParams, Params
from crystalmath_server.rpc.bindings import bind
from tests import fakes


@dataclass(frozen=True, slots=True)
class Difference(Params):
    minuend: int
    subtrahend: int


@dataclass(frozen=True, slots=True)
class Numbers(Params):
    a: int
    b: int = 0
    c: int = 0
    d: int = 0
    e: int = 0


async def subtract(_ports: Ports, params: Difference) -> int:
    await anyio.lowlevel.checkpoint()
    return params.minuend - params.subtrahend


async def add(_ports: Ports, params: Numbers) -> int:
    return params.a + params.b + params.c + params.d + params.e


async def get_data(_ports: Ports, _params: NoParams) -> list[object]:
    return ["hello", 5]


BINDINGS = (
    bind(Method("subtract", Difference, int, "Slow, for each is a task."), subtract),
    bind(Method("sum", Numbers, int, "Quick."), add, inline=True),
    bind(Method("update", Numbers, int, "A notification."), add),
    bind(Method("notify_hello", Numbers, int, "A notification."), add, inline=True),
    bind(Method("notify_sum", Numbers, int, "A notification."), add),
    bind(Method("get_data", NoParams, list, "Quick."), get_data, inline=True),
)

# The text of the specification: what is sent, what comes back; None where nothing does.
EXAMPLES: dict[str, tuple[str, str | None]] = {
    "positional parameters": (
        '{"jsonrpc": "2.0", "method": "subtract", "params": [42, 23], "id": 1}',
        '{"jsonrpc": "2.0", "result": 19, "id": 1}',
    ),
    "positional parameters, the other way round": (
        '{"jsonrpc": "2.0", "method": "subtract", "params": [23, 42], "id": 2}',
        '{"jsonrpc": "2.0", "result": -19, "id": 2}',
    ),
    "named parameters": (
        '{"jsonrpc": "2.0", "method": "subtract", "params": {"subtrahend": 23, "minuend": 42}, "id": 3}',
        '{"jsonrpc": "2.0", "result": 19, "id": 3}',
    ),
    "named parameters, the other way round": (
        '{"jsonrpc": "2.0", "method": "subtract", "params": {"minuend": 42, "subtrahend": 23}, "id": 4}',
        '{"jsonrpc": "2.0", "result": 19, "id": 4}',
    ),
    "a notification": ('{"jsonrpc": "2.0", "method": "update", "params": [1,2,3,4,5]}', None),
    "a notification of no method": ('{"jsonrpc": "2.0", "method": "foobar"}', None),
    "no such method": (
        '{"jsonrpc": "2.0", "method": "foobar", "id": "1"}',
        '{"jsonrpc": "2.0", "error": {"code": -32601, "message": "Method not found"}, "id": "1"}',
    ),
    "invalid JSON": (
        '{"jsonrpc": "2.0", "method": "foobar, "params": "bar", "baz]',
        '{"jsonrpc": "2.0", "error": {"code": -32700, "message": "Parse error"}, "id": null}',
    ),
    "invalid request": (
        '{"jsonrpc": "2.0", "method": 1, "params": "bar"}',
        '{"jsonrpc": "2.0", "error": {"code": -32600, "message": "Invalid Request"}, "id": null}',
    ),
    "batch, invalid JSON": (
        '[ {"jsonrpc": "2.0", "method": "sum", "params": [1,2,4], "id": "1"}, {"jsonrpc": "2.0", "method" ]',
        '{"jsonrpc": "2.0", "error": {"code": -32700, "message": "Parse error"}, "id": null}',
    ),
    "empty array": (
        "[]",
        '{"jsonrpc": "2.0", "error": {"code": -32600, "message": "Invalid Request"}, "id": null}',
    ),
    "invalid batch, not empty": (
        "[1]",
        '[{"jsonrpc": "2.0", "error": {"code": -32600, "message": "Invalid Request"}, "id": null}]',
    ),
    "invalid batch": (
        "[1,2,3]",
        (
            '[{"jsonrpc": "2.0", "error": {"code": -32600, "message": "Invalid Request"}, "id": null},'
            ' {"jsonrpc": "2.0", "error": {"code": -32600, "message": "Invalid Request"}, "id": null},'
            ' {"jsonrpc": "2.0", "error": {"code": -32600, "message": "Invalid Request"}, "id": null}]'
        ),
    ),
    "batch": (
        (
            '[ {"jsonrpc": "2.0", "method": "sum", "params": [1,2,4], "id": "1"},'
            ' {"jsonrpc": "2.0", "method": "notify_hello", "params": [7]},'
            ' {"jsonrpc": "2.0", "method": "subtract", "params": [42,23], "id": "2"},'
            ' {"foo": "boo"},'
            ' {"jsonrpc": "2.0", "method": "foo.get", "params": {"name": "myself"}, "id": "5"},'
            ' {"jsonrpc": "2.0", "method": "get_data", "id": "9"} ]'
        ),
        (
            '[ {"jsonrpc": "2.0", "result": 7, "id": "1"},'
            ' {"jsonrpc": "2.0", "result": 19, "id": "2"},'
            ' {"jsonrpc": "2.0", "error": {"code": -32600, "message": "Invalid Request"}, "id": null},'
            ' {"jsonrpc": "2.0", "error": {"code": -32601, "message": "Method not found"}, "id": "5"},'
            ' {"jsonrpc": "2.0", "result": ["hello", 5], "id": "9"} ]'
        ),
    ),
    "batch of notifications": (
        (
            '[ {"jsonrpc": "2.0", "method": "notify_sum", "params": [1,2,4]},'
            ' {"jsonrpc": "2.0", "method": "notify_hello", "params": [7]} ]'
        ),
        None,
    ),
}


def compact(text: str) -> bytes:
    """White space is not ours to choose: the specification sets it for the reader."""
    return json.dumps(json.loads(text), separators=(",", ":")).encode()


def answers(data: bytes, style: Style, chunk: int = 0) -> list[bytes]:
    host = fakes.FakeHost(BINDINGS)
    framer = Framer()
    received = anyio.run(fakes.converse, host, data, chunk)
    frames = framer.feed(received) if received else []
    assert framer.style in (style, None)
    return frames


@pytest.mark.parametrize("chunk", [0, 1, 7])
@pytest.mark.parametrize("style", ["lines", "headers"])
@pytest.mark.parametrize("name", EXAMPLES)
def test_example(name: str, style: Style, chunk: int) -> None:
    sent, expected = EXAMPLES[name]
    assert answers(encode(sent.encode(), style), style, chunk) == ([compact(expected)] if expected else [])


@pytest.mark.parametrize("style", ["lines", "headers"])
def test_all_examples_on_one_connection(style: Style) -> None:
    data = b"".join(encode(sent.encode(), style) for sent, _ in EXAMPLES.values())
    expected = [compact(text) for _, text in EXAMPLES.values() if text]
    # a slow answer may be overtaken by a quick one
    assert sorted(answers(data, style)) == sorted(expected)


def test_a_null_id_is_a_request() -> None:
    sent = b'{"jsonrpc": "2.0", "method": "subtract", "params": [2, 1], "id": null}\n'
    assert answers(sent, "lines") == [b'{"jsonrpc":"2.0","result":1,"id":null}']


@pytest.mark.parametrize("quick", [True, False])
def test_a_notification_with_wrong_parameters_has_no_answer(quick: bool) -> None:  # noqa: FBT001
    method = b"sum" if quick else b"subtract"
    assert answers(b'{"jsonrpc": "2.0", "method": "%b", "params": {"q": 1}}\n' % method, "lines") == []
