"""The AiiDA threads as other adapters see them; fulfilled by AiidaRuntime and by fakes in tests."""

from collections.abc import Callable
from typing import Protocol, TypeVar

T = TypeVar("T")


class Calls(Protocol):
    """Short calls, which is all that most adapters make."""

    async def call(self, fn: Callable[..., T], *args: object) -> T:
        """Run on the AiiDA thread, once the profile is loaded."""
        ...


class LongCalls(Protocol):
    """Long reads."""

    async def call_long(self, fn: Callable[..., T], *args: object) -> T:
        """Run a long read on a thread of its own."""
        ...


class Runtime(Calls, LongCalls, Protocol):
    """Both, and when they begin to be answered."""

    async def wait_ready(self) -> None:
        """Wait until the profile is loaded."""
        ...


class ProfileCalls(Calls, Protocol):
    """Calls to a profile that is known by its name."""

    @property
    def profile(self) -> str:
        """Name of the profile that this server serves."""
        ...

    async def call_unloaded(self, fn: Callable[..., T], *args: object) -> T:
        """Run on an AiiDA thread, whether or not the profile can be loaded."""
        ...
