"""The sans-I/O client: ids, answers, notifications, broken peers."""

import json
from typing import Any

import pytest

from crystalmath_server.protocol.errors import (
    ConnectionLost,
    ErrorCode,
    InvalidParams,
    NotFound,
    Overloaded,
    VersionMismatch,
)
from crystalmath_server.protocol.jobs import JOBS_LIST, JOBS_SUBMIT, JobsPage, ListJobsParams, SubmitJobParams
from crystalmath_server.protocol.method import PROTOCOL_VERSION, NoParams
from crystalmath_server.protocol.system import PING, Pong, ProgressParams
from crystalmath_tui.client.connection import Connection, Fault, Notice, Response, check_hello, hello_params
from tests.built_rows import hello

PAGE = {"revision": 4, "rows": [], "total": 0, "counts": {}, "next_cursor": ""}


def _frame(**message: Any) -> bytes:
    return json.dumps({"jsonrpc": "2.0", **message}).encode() + b"\n"


def _sent(connection: Connection) -> list[Any]:
    return [json.loads(line) for line in connection.outgoing().splitlines()]


def test_a_request_is_one_line_with_its_parameters() -> None:
    connection = Connection()
    request_id = connection.request(JOBS_LIST, ListJobsParams(limit=5))
    [sent] = _sent(connection)
    assert (sent["jsonrpc"], sent["id"], sent["method"]) == ("2.0", request_id, "jobs.list")
    assert sent["params"]["limit"] == 5
    assert connection.outgoing() == b""


def test_a_result_comes_in_the_type_of_its_method() -> None:
    connection = Connection()
    first, second = connection.request(JOBS_LIST, ListJobsParams()), connection.request(PING, NoParams())
    events = connection.receive(_frame(id=second, result={"time_s": 1.5}) + _frame(id=first, result=PAGE))
    assert events == [Response(second, Pong(1.5)), Response(first, JobsPage(4, (), 0, {}, ""))]
    assert connection.pending == frozenset()


def test_bytes_may_come_in_any_pieces() -> None:
    connection = Connection()
    request_id = connection.request(PING, NoParams())
    data = _frame(id=request_id, result={"time_s": 1.5})
    events = [event for byte in data for event in connection.receive(bytes([byte]))]
    assert events == [Response(request_id, Pong(1.5))]


def test_an_error_comes_in_its_own_class() -> None:
    connection = Connection()
    request_id = connection.request(PING, NoParams())
    error = NotFound("no job 7", field="pk").to_json()
    [event] = connection.receive(_frame(id=request_id, error=error))
    assert isinstance(event, Response)
    assert isinstance(event.error, NotFound)
    assert (event.error.data.detail, event.error.data.field) == ("no job 7", "pk")


def test_a_result_that_does_not_fit_is_the_servers_fault() -> None:
    connection = Connection()
    request_id = connection.request(PING, NoParams())
    [event] = connection.receive(_frame(id=request_id, result={"time_s": "now"}))
    assert isinstance(event, Response)
    assert event.error is not None
    assert (event.error.code, "time_s" in str(event.error)) == (ErrorCode.INTERNAL_ERROR, True)


def test_the_answer_to_a_request_that_nobody_waits_for_is_dropped() -> None:
    connection = Connection()
    request_id = connection.request(PING, NoParams())
    connection.forget(request_id)
    assert connection.receive(_frame(id=request_id, result={"time_s": 1.5}) + _frame(id="x", result=1)) == []


def test_an_error_without_an_id_is_a_fault() -> None:
    [event] = Connection().receive(_frame(id=None, error=Overloaded("too many clients").to_json()))
    assert isinstance(event, Fault)
    assert isinstance(event.error, Overloaded)


def test_cancel_asks_once_and_keeps_waiting() -> None:
    connection = Connection()
    request_id = connection.request(PING, NoParams())
    connection.outgoing()
    connection.cancel(request_id)
    connection.cancel(request_id + 1)
    assert _sent(connection) == [
        {"jsonrpc": "2.0", "method": "$/cancelRequest", "params": {"id": request_id}}
    ]
    assert connection.pending == {request_id}


def test_notifications_come_in_their_type_where_it_is_known() -> None:
    data = _frame(method="$/progress", params={"id": 1, "text": "loading"})
    data += _frame(method="jobs.changed", params={"pks": [1]}) + _frame(method="$/progress", params=3)
    assert Connection().receive(data) == [
        Notice("$/progress", ProgressParams(1, "loading")),
        Notice("jobs.changed", {"pks": [1]}),
        Notice("$/progress", 3),
    ]


def test_a_batch_is_its_messages() -> None:
    connection = Connection()
    ids = [connection.request(PING, NoParams()) for _ in range(2)]
    batch = [{"jsonrpc": "2.0", "id": number, "result": {"time_s": 0}} for number in ids]
    events = connection.receive(json.dumps(batch).encode() + b"\n")
    assert events == [Response(number, Pong(0.0)) for number in ids]


@pytest.mark.parametrize(
    "data",
    [b"{nonsense}\n", b"HTTP/1.1 400 Bad Request\r\n\r\n", b"[1]\n", b"[" * 100_000 + b"\n", b"\xff\n"],
)
def test_what_is_no_json_rpc_breaks_the_connection(data: bytes) -> None:
    with pytest.raises(ConnectionLost):
        Connection().receive(data)


@pytest.mark.parametrize("error", [{}, {"code": "x"}, {"code": None, "data": 3}, {"code": 10**30}])
def test_an_odd_error_object_is_still_an_error(error: dict[str, object]) -> None:
    connection = Connection()
    request_id = connection.request(PING, NoParams())
    [event] = connection.receive(_frame(id=request_id, error=error))
    assert isinstance(event, Response)
    assert event.error is not None


@pytest.mark.parametrize("value", [float("nan"), float("inf"), "\udcff", {1}])
def test_what_json_cannot_say_is_refused_before_it_is_sent(value: object) -> None:
    connection = Connection()
    with pytest.raises(InvalidParams):
        connection.request(JOBS_SUBMIT, SubmitJobParams("emt.relax", (1,), {"x": value}, key="k" * 8))
    assert connection.outgoing() == b""
    assert connection.pending == frozenset()


def test_plain_json_goes_and_comes_as_it_is() -> None:
    connection = Connection()
    request_id = connection.request_json("later.method", {"a": [1]})
    assert _sent(connection)[0]["params"] == {"a": [1]}
    assert connection.receive(_frame(id=request_id, result={"b": 2})) == [Response(request_id, {"b": 2})]


def test_another_protocol_is_refused_with_the_way_to_restart() -> None:
    assert hello_params().protocol == PROTOCOL_VERSION
    check_hello(hello(protocol=PROTOCOL_VERSION))
    with pytest.raises(VersionMismatch) as caught:
        check_hello(hello(protocol=PROTOCOL_VERSION + 1))
    assert "crystalmath server stop" in caught.value.data.hint
