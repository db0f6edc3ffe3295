"""Binding: a row of the method table and its handler."""

from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from crystalmath_server.ports import Ports
from crystalmath_server.protocol.method import Method

P = TypeVar("P")
R = TypeVar("R")

Handler = Callable[[Ports, P], Coroutine[Any, Any, R]]


@dataclass(frozen=True, slots=True)
class Binding(Generic[P, R]):
    """One method and its handler.

    Attributes
    ----------
    inline
        The handler never waits, so it runs directly in the reader, without a task.
    at_once
        Answers in the reader if it can do so within microseconds; None leaves the request to the handler.
    """

    method: Method[P, R]
    handler: Handler[P, R]
    inline: bool = False
    at_once: Callable[[Ports, P], R | None] | None = None


def bind(
    method: Method[P, R],
    handler: Handler[P, R],
    *,
    inline: bool = False,
    at_once: Callable[[Ports, P], R | None] | None = None,
) -> Binding[P, R]:
    """Bind a handler to its method; parameter and result types must match."""
    return Binding(method, handler, inline, at_once)


def by_name(bindings: tuple[Binding[Any, Any], ...]) -> dict[str, Binding[Any, Any]]:
    """Method name → binding; duplicate names are rejected."""
    table = {binding.method.name: binding for binding in bindings}
    if len(table) != len(bindings):
        message = "a method is bound twice"
        raise ValueError(message)
    return table
