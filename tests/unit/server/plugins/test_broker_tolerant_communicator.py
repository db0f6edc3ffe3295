"""A process whose broker is gone: what its communicator raises, and how it subscribes later."""

import concurrent.futures
from typing import Any

import kiwipy
import pytest
from aio_pika.exceptions import AMQPConnectionError, ChannelInvalidStateError

from crystalmath_server.plugins.broker_tolerant_communicator import BrokerTolerantCommunicator


class Broker:
    """A communicator that raises what it is told to."""

    def __init__(self) -> None:
        self.trouble: Exception | None = None
        self.calls: list[tuple[str, Any]] = []

    def _do(self, name: str, what: Any) -> Any:
        if self.trouble is not None:
            raise self.trouble
        self.calls.append((name, what))
        return what

    def broadcast_send(self, body: Any, **_more: Any) -> Any:
        return self._do("broadcast_send", body)

    def add_rpc_subscriber(self, _subscriber: Any, identifier: Any = None) -> Any:
        return self._do("add_rpc", identifier)

    def add_broadcast_subscriber(self, _subscriber: Any, identifier: Any = None) -> Any:
        return self._do("add_broadcast", identifier)

    def remove_broadcast_subscriber(self, identifier: Any) -> Any:
        return self._do("remove_broadcast", identifier)

    def remove_rpc_subscriber(self, identifier: Any) -> Any:
        return self._do("remove_rpc", identifier)


@pytest.mark.parametrize(
    "trouble",
    [
        AMQPConnectionError("gone"),
        ChannelInvalidStateError("Channel closed by RPC timeout"),
        ConnectionResetError("gone"),
        RuntimeError("The communicator is not connected"),
        concurrent.futures.CancelledError(),
        TimeoutError("after 10 seconds"),
    ],
)
def test_a_broker_that_is_gone_does_not_answer_in_time(trouble: Exception) -> None:
    broker = Broker()
    steady = BrokerTolerantCommunicator(broker)
    broker.trouble = trouble
    with pytest.raises(TimeoutError):
        steady.broadcast_send(None, sender=1)
    with pytest.raises(TimeoutError):
        steady.add_rpc_subscriber(print, "7")
    broker.trouble = None
    end = steady.subscribe_again()
    assert (broker.calls, steady.missed) == ([("add_rpc", "7")], [])
    end()
    assert broker.calls[-1] == ("remove_rpc", "7")


def test_what_was_missed_is_missed_until_it_is_made() -> None:
    broker = Broker()
    steady = BrokerTolerantCommunicator(broker)
    broker.trouble = AMQPConnectionError("gone")
    for subscribe in (steady.add_rpc_subscriber, steady.add_broadcast_subscriber):
        with pytest.raises(TimeoutError):
            subscribe(print, "7")
    with pytest.raises(TimeoutError):
        steady.subscribe_again()
    assert [kind for kind, _, _ in steady.missed] == ["broadcast", "rpc"]
    broker.trouble = kiwipy.DuplicateSubscriberIdentifier("made late after all")
    steady.subscribe_again()
    assert [kind for kind, _, _ in steady.missed] == ["rpc"]


def test_other_errors_and_names_are_the_communicators_own() -> None:
    broker = Broker()
    steady = BrokerTolerantCommunicator(broker)
    broker.trouble = kiwipy.DuplicateSubscriberIdentifier("7")
    with pytest.raises(kiwipy.DuplicateSubscriberIdentifier):
        steady.add_rpc_subscriber(print, "7")
    assert steady.missed == []
    broker.trouble = None
    assert steady.remove_rpc_subscriber("7") == "7"
