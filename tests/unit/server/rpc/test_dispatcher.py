"""Dispatcher: parameters checked with words, errors told truly, nothing leaked."""

import json
import logging
from dataclasses import dataclass
from typing import Any

import anyio
import pytest

from crystalmath_server.bootstrap import BINDINGS
from crystalmath_server.ports import Ports
from crystalmath_server.protocol.errors import ErrorCode, MissingPotential
from crystalmath_server.protocol.method import Method, NoParams, Params
from crystalmath_server.protocol.methods import METHODS
from crystalmath_server.rpc.bindings import bind, by_name
from crystalmath_server.rpc.dispatcher import Dispatcher
from tests import fakes


@dataclass(frozen=True, slots=True)
class Amount(Params):
    amount: int = 1


async def explode(_ports: Ports, _params: NoParams) -> int:
    message = "the password is hunter2"
    raise RuntimeError(message)


async def refuse(_ports: Ports, _params: NoParams) -> int:
    raise MissingPotential("no POTCAR for Xx", field="structure_pk")


async def wait(_ports: Ports, _params: NoParams) -> int:
    await anyio.sleep(0.001)
    return 1


async def unspeakable(_ports: Ports, _params: NoParams) -> object:
    return object()


async def enormous(_ports: Ports, _params: NoParams) -> str:
    return "x" * 17_000_000


async def slowly(_ports: Ports, _params: Amount) -> str:
    await anyio.sleep(0.001)
    return "slowly"


def small_amounts(_ports: Ports, params: Amount) -> str | None:
    if params.amount < 0:
        raise MissingPotential("no POTCAR for Xx")
    return "at once" if params.amount < 10 else None


ODD = (
    bind(
        Method("at_once", Amount, str, "", errors=(ErrorCode.MISSING_POTENTIAL,)),
        slowly,
        at_once=small_amounts,
    ),
    bind(Method("explode", NoParams, int, ""), explode),
    bind(Method("explode.inline", NoParams, int, ""), explode, inline=True),
    bind(Method("refuse", NoParams, int, "", errors=(ErrorCode.MISSING_POTENTIAL,)), refuse),
    bind(Method("undeclared", NoParams, int, ""), refuse),
    bind(Method("undeclared.inline", NoParams, int, ""), refuse, inline=True),
    bind(Method("wait.inline", NoParams, int, ""), wait, inline=True),
    bind(Method("unspeakable", NoParams, object, ""), unspeakable),
    bind(Method("enormous", NoParams, str, ""), enormous),
)


def ask(payload: str | bytes, bindings: Any = BINDINGS) -> Any:
    data = payload.encode() if isinstance(payload, str) else payload
    return json.loads(anyio.run(fakes.converse, fakes.FakeHost(bindings), data + b"\n"))


def call(method: str, bindings: Any = BINDINGS, **params: Any) -> Any:
    return ask(json.dumps({"jsonrpc": "2.0", "id": 1, "method": method, "params": params}), bindings)


def test_every_method_has_a_handler() -> None:
    assert sorted(row.method.name for row in BINDINGS) == sorted(METHODS)
    assert all(row.method is METHODS[row.method.name] for row in BINDINGS)


def test_a_method_bound_twice_is_refused() -> None:
    with pytest.raises(ValueError, match="twice"):
        by_name((ODD[0], ODD[0]))


@pytest.mark.parametrize(
    "params, field, words",
    [
        ({"limt": 3}, "limt", "Known: states, label"),
        ({"limit": "3"}, "limit", "valid integer, not '3'"),
        ({"limit": 3.5}, "limit", "integer"),
        ({"limit": True}, "limit", "integer"),
        ({"limit": 0}, "limit", "greater than or equal to 1"),
        ({"limit": 501}, "limit", "less than or equal to 500"),
        ({"states": ["running", "flying"]}, "states.1", "'created', 'preparing'"),
        ({"sort": "color"}, "sort", "'pk', 'modified'"),
        ({"label": "x" * 256}, "label", "255"),
        ({"label": None}, "label", "string"),
        ({"created_after": "today"}, "created_after", "number"),
    ],
)
def test_wrong_parameters_name_the_field(params: dict[str, Any], field: str, words: str) -> None:
    error = call("jobs.list", **params)["error"]
    assert error["code"] == -32602
    assert error["data"]["field"] == field
    assert words in error["data"]["detail"]
    assert error["data"]["hint"]


def test_a_missing_parameter_is_named() -> None:
    error = call("jobs.show")["error"]
    assert (error["data"]["field"], error["data"]["detail"]) == ("pk", "Parameter 'pk' is missing")


def test_parameters_where_none_are_taken() -> None:
    assert "It takes none" in call("system.ping", now=1)["error"]["data"]["detail"]
    too_many = ask('{"jsonrpc":"2.0","id":1,"method":"system.ping","params":[1]}')
    assert "1 positional parameters are too many" in too_many["error"]["data"]["detail"]


def test_parameters_may_have_any_name() -> None:
    for name in ("peer", "self", "context", "args", "", "a b"):
        assert call("system.ping", **{name: 1})["error"]["code"] == -32602


@pytest.mark.parametrize(
    "payload, code, words",
    [
        (b'{"jsonrpc":"2.0","method":"system.ping","id":1,"id":2}', -32700, "'id' appears twice"),
        (b'{"jsonrpc":"2.0","id":1,"method":"m","params":{"a":1,"a":2}}', -32700, "'a' appears twice"),
        (b"[" * 100_000, -32700, ""),
        (b"[" * 100_000 + b"]" * 100_000, -32700, "nested too deeply"),
        (b'{"a":' * 400 + b"1" + b"}" * 400, -32700, "nested too deeply"),
        (b'{"jsonrpc":"2.0","id":NaN,"method":"m"}', -32700, ""),
        (b'{"jsonrpc":"2.0","id":"\xff","method":"m"}', -32700, ""),
        (b'{"jsonrpc":"2.0","id":"\\ud800","method":"m"}', -32700, ""),
        (b'{"jsonrpc":"2.0","id":1.5,"method":"m"}', -32600, "whole number"),
        (b'{"jsonrpc":"2.0","id":123456789012345678901234567890,"method":"m"}', -32600, "64 bits"),
        (b'{"jsonrpc":"2.0","id":true,"method":"m"}', -32600, ""),
        (b'{"jsonrpc":"2.0","id":[1],"method":"m"}', -32600, ""),
        (b'{"jsonrpc":"1.0","id":1,"method":"m"}', -32600, ""),
        (b'{"jsonrpc":"2.0","id":1,"method":"m","params":null}', -32600, ""),
        (b'{"jsonrpc":"2.0","id":1,"method":"m","extra":1}', -32600, ""),
        (b'{"jsonrpc":"2.0","id":1,"result":1}', -32600, ""),
        (b"[" + b",".join([b"1"] * 1001) + b"]", -32600, "limit is 1000"),
    ],
)
def test_what_is_no_request(payload: bytes, code: int, words: str) -> None:
    answer = ask(payload)
    assert answer["id"] is None
    assert answer["error"]["code"] == code
    assert words in answer["error"].get("data", {}).get("detail", "")


def test_the_largest_whole_numbers_come_back() -> None:
    for id_ in (2**63 - 1, -(2**63), 2**64 - 1):
        answer = ask(f'{{"jsonrpc":"2.0","id":{id_},"method":"system.ping"}}')
        assert answer["id"] == id_
        assert "result" in answer


@pytest.mark.parametrize("method", ["explode", "explode.inline", "wait.inline", "unspeakable"])
def test_the_unforeseen_goes_to_the_log(method: str, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.ERROR):
        error = call(method, ODD)["error"]
    assert error["code"] == -32603
    assert "hunter2" not in json.dumps(error)
    reference = error["data"]["reference"]
    assert len(reference) == 8
    assert f"[{reference}] {method} failed" in caplog.text
    assert "Traceback" in caplog.text


def test_an_error_of_ours_is_told_in_full() -> None:
    error = call("refuse", ODD)["error"]
    assert error == {
        "code": 2004,
        "message": "A pseudopotential is missing",
        "data": {
            "kind": "MissingPotential",
            "detail": "no POTCAR for Xx",
            "hint": "Set the path of the potentials.",
            "retryable": False,
            "field": "structure_pk",
            "reference": "",
        },
    }


@pytest.mark.parametrize("method", ["undeclared", "undeclared.inline"])
def test_in_tests_a_method_answers_no_error_that_it_does_not_declare(method: str) -> None:
    error = call(method, ODD)["error"]
    assert error["code"] == ErrorCode.INTERNAL_ERROR
    assert f"{method} raised MISSING_POTENTIAL" in error["data"]["detail"]


@pytest.mark.parametrize(
    "strict, code", [(True, ErrorCode.INTERNAL_ERROR), (False, ErrorCode.MISSING_POTENTIAL)]
)
def test_users_are_told_an_undeclared_error_as_it_was_raised(*, strict: bool, code: ErrorCode) -> None:
    host = fakes.FakeHost(ODD)
    host.dispatcher = Dispatcher(ODD, host.ports, host.meters, strict=strict)
    request = {"jsonrpc": "2.0", "id": 1, "method": "undeclared.inline"}
    answer = json.loads(anyio.run(fakes.converse, host, json.dumps(request).encode() + b"\n"))
    assert answer["error"]["code"] == code


def test_a_result_that_no_client_could_take() -> None:
    assert call("enormous", ODD)["error"]["code"] == -32004


def test_metrics_count_calls_and_errors() -> None:
    host = fakes.FakeHost(BINDINGS)
    wrong = b'{"jsonrpc":"2.0","id":2,"method":"jobs.show","params":{"pk":99}}\n'
    anyio.run(fakes.converse, host, b'{"jsonrpc":"2.0","id":1,"method":"system.ping"}\n' * 3 + wrong)
    rows = {row.method: row for row in host.meters.snapshot().methods}
    assert (rows["system.ping"].calls, rows["system.ping"].errors) == (3, 0)
    assert (rows["jobs.show"].calls, rows["jobs.show"].errors) == (1, 1)
    assert 0 < rows["system.ping"].mean_ms <= rows["system.ping"].max_ms
    assert (host.meters.frames_in, host.meters.frames_out) == (4, 4)


@pytest.mark.parametrize("amount, result", [(1, "at once"), (10, "slowly")])
def test_what_cannot_be_answered_at_once_is_left_to_the_handler(amount: int, result: str) -> None:
    assert call("at_once", ODD, amount=amount)["result"] == result


def test_an_error_at_once_is_an_answer() -> None:
    assert call("at_once", ODD, amount=-1)["error"]["code"] == ErrorCode.MISSING_POTENTIAL
