"""A single thread that runs calls in order, with cancellable waits.

anyio cannot await the future of our own thread, but asyncio can; only this module uses it (adr/0039).
"""

import asyncio
from collections.abc import Callable
from concurrent.futures import Future
from queue import SimpleQueue
from threading import Thread
from typing import TypeVar

T = TypeVar("T")


class SingleThreadExecutor:
    """A queue of calls and the thread that runs the calls.

    The thread is a daemon, so a hung call never keeps the server from exiting.
    """

    def __init__(self, name: str) -> None:
        self._name = name
        self._queue: SimpleQueue[Callable[[], None] | None] = SimpleQueue()
        self._thread: Thread | None = None

    def submit(self, fn: Callable[..., T], *args: object) -> Future[T]:
        """Queue a call; cancelling its future drops it if it has not begun."""
        future: Future[T] = Future()
        self._queue.put(lambda: _run(future, fn, args))
        if self._thread is None:
            self._thread = Thread(target=self._work, name=self._name, daemon=True)
            self._thread.start()
        return future

    def close(self) -> None:
        """End the thread after the queued calls."""
        self._queue.put(None)

    def _work(self) -> None:
        while (item := self._queue.get()) is not None:
            item()


async def result_of(future: Future[T]) -> T:
    """The result of a call; cancelling the wait drops the call if it has not begun."""
    return await asyncio.wrap_future(future)


async def wait_for(future: Future[T], timeout_s: float) -> None:
    """Wait until a call ends or the time is up; the call itself continues."""
    await asyncio.wait([asyncio.wrap_future(_follow(future))], timeout=timeout_s)


def _follow(future: Future[T]) -> Future[None]:
    """A future that ends with `future`; cancelling the new future does not affect `future`."""
    follower: Future[None] = Future()
    future.add_done_callback(lambda _done: None if follower.done() else follower.set_result(None))
    return follower


def _run(future: Future[T], fn: Callable[..., T], args: tuple[object, ...]) -> None:
    """Run one call unless it was cancelled in the queue."""
    if not future.set_running_or_notify_cancel():
        return
    try:
        result = fn(*args)
    except BaseException as error:  # noqa: BLE001  the thread must outlive any call; the waiter gets the error
        future.set_exception(error)
    else:
        future.set_result(result)
