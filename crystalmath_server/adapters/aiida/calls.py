"""Protocols for calls on the AiiDA threads; implemented by AiidaRuntime and by test fakes."""

from collections.abc import Callable
from typing import Protocol, TypeVar

T = TypeVar("T")


class Calls(Protocol):
    """Short calls, which are all that most adapters need."""

    async def call(self, fn: Callable[..., T], *args: object) -> T:
        """Run on the AiiDA thread, once the profile is loaded."""
        ...


class LongCalls(Protocol):
    """Long reads."""

    async def call_long(self, fn: Callable[..., T], *args: object) -> T:
        """Run a long read on a separate thread."""
        ...


class Runtime(Calls, LongCalls, Protocol):
    """Short calls and long reads, with a way to wait for the profile."""

    async def wait_ready(self) -> None:
        """Wait until the profile is loaded."""
        ...


class ProfileCalls(Calls, Protocol):
    """Calls to a named profile."""

    @property
    def profile(self) -> str:
        """The name of the profile that this server serves."""
        ...

    async def call_unloaded(self, fn: Callable[..., T], *args: object) -> T:
        """Run on an AiiDA thread, whether or not the profile can be loaded."""
        ...
