"""Tasks behind fakes, which are made where no loop runs yet and so have no task group."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any


class LooseTasks:
    """The Background port: tasks of whatever loop runs at the time."""

    def __init__(self) -> None:
        self._tasks: set[asyncio.Task[Any]] = set()

    def start_soon(self, func: Callable[..., Coroutine[Any, Any, Any]], *args: Any) -> None:
        task = asyncio.get_running_loop().create_task(func(*args))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
