"""Binding: a row of the method table and the handler that answers it."""

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
        The handler never waits: it is answered in the reader's own turn, without a task.
    """

    method: Method[P, R]
    handler: Handler[P, R]
    inline: bool = False


def bind(method: Method[P, R], handler: Handler[P, R], *, inline: bool = False) -> Binding[P, R]:
    """Bind a handler to its method; types of parameters and result must agree."""
    return Binding(method, handler, inline)


def by_name(bindings: tuple[Binding[Any, Any], ...]) -> dict[str, Binding[Any, Any]]:
    """Method name → binding; a name that is bound twice is refused."""
    table = {binding.method.name: binding for binding in bindings}
    if len(table) != len(bindings):
        message = "a method is bound twice"
        raise ValueError(message)
    return table
