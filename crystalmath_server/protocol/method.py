"""What a row of the method table is: Method, Notification and the marks on their fields."""

from collections.abc import Callable, Mapping
from dataclasses import MISSING, Field, dataclass, field, fields
from functools import cache
from typing import Annotated, Any, Generic, Literal, TypeVar, get_type_hints

from crystalmath_server.protocol.errors import ErrorCode
from crystalmath_server.protocol.record import record

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


class LocalPath:
    """A path on the caller's machine: the CLI makes it absolute and completes file names."""

    __slots__ = ()


class FileText:
    """The text of a file: where a field maps file names to such texts, the CLI takes files and sends them."""

    __slots__ = ()


class IdempotencyKey:
    """Names one effect, however often it is asked for: the CLI makes one where none is given."""

    __slots__ = ()


class JsonOnly:
    """A field of a row that tables leave out, as a UUID; JSON has it."""

    __slots__ = ()


Key = Annotated[
    str, Length(8, 200), Doc("idempotency key: new for each new job, as a UUID"), IdempotencyKey()
]
Uuid = Annotated[str, JsonOnly()]


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


Layout = Literal["fields", "content", "columns"]
"""How the command line prints a result.

fields: a page of rows as a table; anything else as names, values and tables. content: what a FileRange holds,
and nothing else. columns: rows of `values` under `columns`, which have a title and a unit.
"""


@record
class Confirm:
    """What a person is asked before a method whose effect cannot be undone.

    Attributes
    ----------
    question
        With fields of the parameters in braces, as {pk}; with fields of the answer of `about` as well.
    about
        A method of the same parameters (those that it has), called first for what the question names.
    """

    question: str
    about: "Method[Any, Any] | None" = None


@dataclass(frozen=True, slots=True)
class Method(Generic[P, R]):
    """One request of the API.

    Attributes
    ----------
    effect
        The CLI asks before a "write"; a client never repeats one without its key.
    timeout_s
        How long a client waits for the answer [s].
    confirm
        The question before an effect that cannot be undone; None: nobody is asked.
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
    """One message that has no answer."""

    name: str
    params: type[P]
    summary: str
    sender: Literal["client", "server"]
