"""What a row of the method table is: Method, Notification and the marks on their fields."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Generic, Literal, TypeVar

from crystalmath_server.protocol.errors import ErrorCode

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
    """A field in words, with its unit; shown by OpenRPC, the CLI and forms."""

    text: str
    unit: str = ""

    def __get_pydantic_json_schema__(self, source: object, handler: Callable[[object], Schema]) -> Schema:
        """Add the description to the JSON Schema."""
        description = f"{self.text} [{self.unit}]" if self.unit else self.text
        return {**handler(source), "description": description}


class Params:
    """Root of all parameter types: a field that the type does not name is refused."""

    __slots__ = ()
    __pydantic_config__ = {"extra": "forbid"}  # noqa: RUF012  a mark that pydantic reads, not a field


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
