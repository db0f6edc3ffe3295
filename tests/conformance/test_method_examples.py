"""Every method's example runs, and its result decodes to the type that the table promises."""

import json

import pytest

from crystalmath_server.protocol.codec import from_json, to_json
from crystalmath_server.protocol.framing import Style
from crystalmath_server.protocol.methods import METHODS
from tests.method_examples import ask


@pytest.mark.parametrize("style", ["lines", "headers"])
@pytest.mark.parametrize("name", METHODS)
def test_example(name: str, style: Style) -> None:
    answer = ask(name, style)
    assert answer.get("error") is None
    assert list(answer) == ["jsonrpc", "result", "id"]
    result = from_json(METHODS[name].result, answer["result"])
    assert json.loads(json.dumps(to_json(result))) == answer["result"]
