"""What a row of the method table is: Method, Notification and the marks on their fields."""

from collections.abc import Callable, Mapping
from dataclasses import MISSING, Field, dataclass, field, fields
from functools import cache
from typing import Any, Generic, Literal, TypeVar, get_type_hints

from crystalmath_server.protocol.errors import ErrorCode

PROTOCOL_VERSION = 2
"""Grows with every change that an older peer would not understand."""

Json = object
"""A JSON value: None, bool, int, float, str, list or dict of such."""

Schema = dict[str, Any]

P = TypeVar("P")
R = TypeVar("R")


@dataclass(frozen=True, slots=True)
class Bound:
    """Inclusive bounds of a number; read by pydantic on the server, by the CLI and by forms."""

    minimum: float | None = None
    maximum: float | None = None

    def __get_pydantic_core_schema__(self, source: object, handler: Callable[[object], Schema]) -> Schema:
        """Add the bounds to pydantic's schema of the number."""
        schema = handler(source)
        if self.minimum is not None:
            schema["ge"] = self.minimum
        if self.maximum is not None:
            schema["le"] = self.maximum
        return schema


@dataclass(frozen=True, slots=True)
class Length:
    """Inclusive bounds of the length of a string or an array."""

    minimum: int = 0
    maximum: int = 1_000_000

    def __get_pydantic_core_schema__(self, source: object, handler: Callable[[object], Schema]) -> Schema:
        """Add the bounds to pydantic's schema of the string or array."""
        return {**handler(source), "min_length": self.minimum, "max_length": self.maximum}


@dataclass(frozen=True, slots=True)
class Doc:
    """A field in words, with its unit; shown by OpenRPC, the CLI and forms.

    Attributes
    ----------
    title
        Name of the field in a form; empty: the field's own name.
    """

    text: str
    unit: str = ""
    title: str = ""

    def __get_pydantic_json_schema__(self, source: object, handler: Callable[[object], Schema]) -> Schema:
        """Add the description to the JSON Schema."""
        description = f"{self.text} [{self.unit}]" if self.unit else self.text
        return {**handler(source), "description": description}


class Params:
    """Root of all parameter types: a field that the type does not name is refused."""

    __slots__ = ()
    __pydantic_config__ = {"extra": "forbid"}  # noqa: RUF012  a mark that pydantic reads, not a field


def by_position(kind: type[Any]) -> tuple[Field[Any], ...]:
    """Fields of a parameter type in the order of positional parameters: required ones first."""
    rows: tuple[Field[Any], ...] = fields(kind)
    return tuple(sorted(rows, key=lambda row: not is_required(row)))


def is_required(row: Field[Any]) -> bool:
    """Whether a field has no default."""
    return row.default is MISSING and row.default_factory is MISSING


@cache
def docs_of(kind: type[Any]) -> Mapping[str, Doc]:
    """Field → its Doc, of those that have one."""
    hints = get_type_hints(kind, include_extras=True)
    marks = {name: getattr(hint, "__metadata__", ()) for name, hint in hints.items()}
    return {name: mark for name, found in marks.items() for mark in found if isinstance(mark, Doc)}


def title_of(kind: type[Any], name: str) -> str:
    """Name of a field for people."""
    doc = docs_of(kind).get(name)
    return (doc.title if doc else "") or name.replace("_", " ")


@dataclass(frozen=True, slots=True)
class NoParams(Params):
    """A method that takes nothing."""


@dataclass(frozen=True, slots=True)
class Example:
    """Parameters that work; run by tests/conformance, which puts pks of its own profile in place of 1."""

    params: Mapping[str, Json] = field(default_factory=dict[str, Json])


@dataclass(frozen=True, slots=True)
class Method(Generic[P, R]):
    """One request of the API.

    Attributes
    ----------
    effect
        The CLI asks before a "write"; a client never repeats one without its key.
    timeout_s
        How long a client waits for the answer [s].
    """

    name: str
    params: type[P]
    result: type[R]
    summary: str
    errors: tuple[ErrorCode, ...] = ()
    effect: Literal["read", "write"] = "read"
    timeout_s: float = 10.0
    example: Example = Example()


@dataclass(frozen=True, slots=True)
class Notification(Generic[P]):
    """One message that has no answer."""

    name: str
    params: type[P]
    summary: str
    sender: Literal["client", "server"]
