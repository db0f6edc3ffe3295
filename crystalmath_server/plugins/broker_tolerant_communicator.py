"""AiiDA's communicator, with an unavailable broker reported as a timeout."""

import concurrent.futures
import logging
from collections.abc import Callable, Generator
from contextlib import contextmanager
from functools import partial
from typing import Any

import kiwipy
from aio_pika.exceptions import AMQPError

log = logging.getLogger(__name__)

_GONE = (AMQPError, OSError, RuntimeError, concurrent.futures.CancelledError)
"""Errors of the communicator libraries for a lost connection or channel."""


@contextmanager
def _in_time() -> Generator[None]:
    """Turn errors of an unavailable broker into TimeoutError, which plumpy handles."""
    try:
        yield
    except TimeoutError:  # is itself an OSError
        raise
    except _GONE as error:
        raise TimeoutError(f"{type(error).__name__}: {error}") from error


class BrokerTolerantCommunicator:
    """AiiDA's communicator, as far as processes use it.

    Attributes
    ----------
    missed
        Subscriptions still to be made: kind, subscriber, identifier.
    """

    def __init__(self, communicator: Any) -> None:
        self._communicator = communicator
        self.missed: list[tuple[str, Any, Any]] = []

    def __getattr__(self, name: str) -> Any:
        return getattr(self._communicator, name)

    def broadcast_send(self, *args: Any, **kwargs: Any) -> Any:
        """Send a broadcast; raises TimeoutError."""
        with _in_time():
            return self._communicator.broadcast_send(*args, **kwargs)

    def add_rpc_subscriber(self, subscriber: Any, identifier: Any = None) -> Any:
        """Subscribe to RPC messages; raises TimeoutError."""
        return self._subscribe("rpc", subscriber, identifier)

    def add_broadcast_subscriber(self, subscriber: Any, identifier: Any = None) -> Any:
        """Subscribe to broadcasts; raises TimeoutError."""
        return self._subscribe("broadcast", subscriber, identifier)

    def _subscribe(self, kind: str, subscriber: Any, identifier: Any) -> Any:
        try:
            with _in_time():
                return getattr(self._communicator, f"add_{kind}_subscriber")(subscriber, identifier)
        except TimeoutError:
            self.missed.append((kind, subscriber, identifier))
            raise

    def subscribe_again(self) -> Callable[[], None]:
        """Make the first missed subscription and return its cancel function. Raises TimeoutError."""
        kind, subscriber, identifier = self.missed.pop(0)
        try:
            self._subscribe(kind, subscriber, identifier)
        except kiwipy.DuplicateSubscriberIdentifier:
            log.info("%s: the missed subscription already existed", identifier)
        return partial(getattr(self._communicator, f"remove_{kind}_subscriber"), identifier)
