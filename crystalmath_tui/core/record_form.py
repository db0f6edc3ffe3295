"""Record fields as form fields: value → text and text → value."""

from collections.abc import Iterable
from dataclasses import MISSING, fields
from functools import cache
from types import NoneType
from typing import Annotated, Any, cast, get_args, get_origin, get_type_hints

from crystalmath_server.protocol import codec
from crystalmath_server.protocol.errors import InvalidForm, InvalidParams
from crystalmath_server.protocol.method import Bound, Length, docs_of, title_of
from crystalmath_tui.core.form import Field, new_field

NO, YES = "no", "yes"
_MOST_DIGITS = 15


def rows(kind: type[Any], names: Iterable[str]) -> list[Field]:
    """Form fields for fields of a record, with their defaults."""
    return [_row(kind, name) for name in names]


def _row(kind: type[Any], name: str) -> Field:
    choices = (NO, YES) if type_of(kind, name) is bool else ()
    return new_field(name, title_of(kind, name), text_of(_default(kind, name)), help_of(kind, name), choices)


def help_of(kind: type[Any], name: str) -> str:
    """A sentence that describes a field."""
    doc = docs_of(kind).get(name)
    return f"{doc.text[:1].upper()}{doc.text[1:]}." if doc else ""


def _default(kind: type[Any], name: str) -> Any:
    row = next(row for row in fields(kind) if row.name == name)
    if row.default_factory is not MISSING:
        return row.default_factory()
    return None if row.default is MISSING else row.default


def text_of(value: object) -> str:
    """A value as a user would type it."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return YES if value else NO
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() else str(value)
    if isinstance(value, tuple):
        return " ".join(map(str, cast("tuple[object, ...]", value)))
    return str(value)


def value_of(kind: type[Any], name: str, text: str) -> Any:
    """The value of a text typed for a field of a record.

    Raises
    ------
    InvalidForm
        With the name of the field.
    """
    try:
        return codec.from_json(_hint(kind, name), _plain(kind, name, text))
    except (ValueError, InvalidParams):
        raise InvalidForm(f"give {_expected_values(kind, name)}", field=name) from None


def _plain(kind: type[Any], name: str, text: str) -> Any:
    """The JSON value of a text; raises ValueError."""
    of = type_of(kind, name)
    if of is bool:
        return text == YES
    if text == "" and _is_optional(kind, name):
        return None
    if of is int:
        return _whole(text)
    if of is float:
        return float(text)
    return text.replace(",", " ").split() if get_origin(of) is tuple else text


def _whole(text: str) -> int:
    if len(text) > _MOST_DIGITS or not text.isascii():
        raise ValueError(text)
    return int(text)


def _expected_values(kind: type[Any], name: str) -> str:
    """A description of the values that a field takes."""
    of = type_of(kind, name)
    words = {int: "a whole number", float: "a number"}.get(of, "less")
    for mark in getattr(_hint(kind, name), "__metadata__", ()):
        if isinstance(mark, Length):
            words = f"at most {mark.maximum} {'characters' if of is str else 'words'}"
        if isinstance(mark, Bound):
            words += f" from {mark.minimum:g}" if mark.minimum is not None else ""
            words += f" to {mark.maximum:g}" if mark.maximum is not None else ""
    return words


@cache
def _hints(kind: type[Any]) -> dict[str, Any]:
    return get_type_hints(kind, include_extras=True)


def _hint(kind: type[Any], name: str) -> Any:
    return _hints(kind)[name]


def type_of(kind: type[Any], name: str) -> Any:
    """The type of a field, without marks and None."""
    return _bare(_hint(kind, name))


def _is_optional(kind: type[Any], name: str) -> bool:
    hint = _hint(kind, name)
    return NoneType in get_args(get_args(hint)[0] if get_origin(hint) is Annotated else hint)


def _bare(hint: Any) -> Any:
    if get_origin(hint) is Annotated:
        return _bare(get_args(hint)[0])
    members = [member for member in get_args(hint) if member is not NoneType]
    return _bare(members[0]) if NoneType in get_args(hint) and len(members) == 1 else hint
