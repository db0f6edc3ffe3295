"""Method and Notification, the rows of the method table, and the annotations of their fields."""

from collections.abc import Callable, Mapping
from dataclasses import MISSING, Field, dataclass, field, fields
from functools import cache
from typing import Annotated, Any, Generic, Literal, TypeVar, get_type_hints

from crystalmath_server.protocol.errors import ErrorCode
from crystalmath_server.protocol.record import record

PROTOCOL_VERSION = 2
"""Incremented with every change that is incompatible with older peers."""

Json = object
"""A JSON value: None, bool, int, float, str, or a list or dict of JSON values."""

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
    """Description and unit of a field, shown by OpenRPC, the CLI and forms.

    Attributes
    ----------
    title
        Label of the field in a form; empty: the field name.
    """

    text: str
    unit: str = ""
    title: str = ""

    def __get_pydantic_json_schema__(self, source: object, handler: Callable[[object], Schema]) -> Schema:
        """Add the description to the JSON Schema."""
        description = f"{self.text} [{self.unit}]" if self.unit else self.text
        return {**handler(source), "description": description}


class LocalPath:
    """Marks a path on the caller's machine: the CLI makes it absolute and completes file names."""

    __slots__ = ()


class FileText:
    """Marks the text of a file: for a field that maps file names to texts, the CLI reads the files."""

    __slots__ = ()


class IdempotencyKey:
    """Marks a key under which repeated requests have one effect; the CLI generates a missing key."""

    __slots__ = ()


class JsonOnly:
    """Marks a field that tables omit and JSON includes, e.g. a UUID."""

    __slots__ = ()


Key = Annotated[
    str, Length(8, 200), Doc("idempotency key, unique for each new job, e.g. a UUID"), IdempotencyKey()
]
Uuid = Annotated[str, JsonOnly()]


class Params:
    """Base class of parameter types; unknown fields are rejected."""

    __slots__ = ()
    __pydantic_config__ = {"extra": "forbid"}  # noqa: RUF012  a mark that pydantic reads, not a field


def by_position(kind: type[Any]) -> tuple[Field[Any], ...]:
    """Fields of a parameter type in positional order: required fields first."""
    rows: tuple[Field[Any], ...] = fields(kind)
    return tuple(sorted(rows, key=lambda row: not is_required(row)))


def is_required(row: Field[Any]) -> bool:
    """Whether a field has no default."""
    return row.default is MISSING and row.default_factory is MISSING


@cache
def docs_of(kind: type[Any]) -> Mapping[str, Doc]:
    """Field name → Doc, for fields that have one."""
    hints = get_type_hints(kind, include_extras=True)
    marks = {name: getattr(hint, "__metadata__", ()) for name, hint in hints.items()}
    return {name: mark for name, found in marks.items() for mark in found if isinstance(mark, Doc)}


def title_of(kind: type[Any], name: str) -> str:
    """Display name of a field."""
    doc = docs_of(kind).get(name)
    return (doc.title if doc else "") or name.replace("_", " ")


@dataclass(frozen=True, slots=True)
class NoParams(Params):
    """Parameters of a method that takes none."""


@dataclass(frozen=True, slots=True)
class Example:
    """Valid parameters, run by tests/conformance, which replaces 1 with pks of its own profile."""

    params: Mapping[str, Json] = field(default_factory=dict[str, Json])


Layout = Literal["fields", "content", "columns"]
"""How the command line prints a result.

fields: a page of rows as a table; any other result as names, values and tables. content: only the content of
a FileRange. columns: a table of the rows' `values`, with titles and units from `columns`.
"""


@record
class Confirm:
    """The confirmation question before a method whose effect cannot be undone.

    Attributes
    ----------
    question
        May contain fields of the parameters in braces, e.g. {pk}, and fields of the result of `about`.
    about
        A method with the same parameters (or some of them), called first to fill in the question.
    """

    question: str
    about: "Method[Any, Any] | None" = None


@dataclass(frozen=True, slots=True)
class Method(Generic[P, R]):
    """One request method of the API.

    Attributes
    ----------
    effect
        The CLI asks before a "write"; a client never repeats a "write" without its key.
    timeout_s
        How long a client waits for the response [s].
    confirm
        The confirmation question before an effect that cannot be undone; None: no question.
    layout
        How the command line prints the result.
    """

    name: str
    params: type[P]
    result: type[R]
    summary: str
    errors: tuple[ErrorCode, ...] = ()
    effect: Literal["read", "write"] = "read"
    timeout_s: float = 10.0
    example: Example = Example()
    confirm: Confirm | None = None
    layout: Layout = "fields"


@dataclass(frozen=True, slots=True)
class Notification(Generic[P]):
    """One message without a response."""

    name: str
    params: type[P]
    summary: str
    sender: Literal["client", "server"]
