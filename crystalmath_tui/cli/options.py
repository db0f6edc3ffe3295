"""Command-line options, derived from a method's parameters and the marks on their fields."""

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import MISSING, dataclass, is_dataclass, replace
from enum import Enum
from pathlib import Path
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, cast, get_args, get_origin, get_type_hints

from crystalmath_server.protocol import codec
from crystalmath_server.protocol.errors import InvalidParams
from crystalmath_server.protocol.method import (
    Bound,
    Doc,
    FileText,
    IdempotencyKey,
    Length,
    LocalPath,
    by_position,
)
from crystalmath_tui.cli.texts import texts_of

_TEXTS = "FILE|FOLDER|NAME=FILE"

Convert = Callable[[str], Any]


class UsageError(Exception):
    """Invalid command-line arguments; exit status 2."""


@dataclass(frozen=True, slots=True)
class Option:
    """One option or argument.

    Attributes
    ----------
    flags
        For example --state; messages show the first.
    convert
        Text → JSON value; raises ValueError with a message. None: a switch.
    many
        How several values combine: not at all, into a list, or into a mapping of NAME=VALUE.
    positional
        Whether positional arguments fill it, in the order of the options.
    files
        Whether its values name files on this machine.
    """

    name: str
    flags: tuple[str, ...]
    help: str = ""
    convert: Convert | None = None
    metavar: str = ""
    choices: tuple[str, ...] = ()
    many: Literal["", "list", "mapping"] = ""
    positional: bool = False
    required: bool = False
    default: str = ""
    files: bool = False

    @property
    def takes_rest(self) -> bool:
        """Whether it takes all remaining positional arguments."""
        return self.many == "list" or self.metavar == _TEXTS

    @property
    def is_switch(self) -> bool:
        """Whether it takes no value."""
        return self.convert is None

    @property
    def display_name(self) -> str:
        """Its name in messages."""
        return self.metavar if self.positional else self.flags[0]

    def with_flags(self, *flags: str) -> "Option":
        """The same option under other flags."""
        return replace(self, flags=flags)

    def by_flag(self, *, required: bool = False) -> "Option":
        """The same option, given only by its flag."""
        return replace(self, positional=False, required=required)


def of_params(kind: type[Any]) -> list[Option]:
    """One option per parameter; fields without a default are positional arguments too."""
    hints = get_type_hints(kind, include_extras=True)
    return [_of_field(row.name, hints[row.name], _default(row)) for row in by_position(kind)]


def key_of(kind: type[Any]) -> str:
    """The name of the parameter that is a required idempotency key, or ""."""
    hints = get_type_hints(kind, include_extras=True)
    needed = (row.name for row in by_position(kind) if _default(row) is MISSING)
    return next((name for name in needed if _has(IdempotencyKey, _unwrap(hints[name])[1])), "")


def to_params(kind: type[Any], options: Iterable[Option], values: Mapping[str, Any]) -> Any:
    """Parameters of a method.

    Raises
    ------
    UsageError
        A value is out of bounds.
    """
    try:
        return codec.from_json(kind, dict(values))
    except InvalidParams as misfit:
        name = misfit.data.field.partition(".")[0]
        flag = next((option.display_name for option in options if option.name == name), name)
        raise UsageError(f"{flag}: {str(misfit).partition(': ')[2]}") from None


def _of_field(name: str, hint: Any, default: Any) -> Option:
    kind, marks = _unwrap(hint)
    flag = "--" + name.replace("_", "-")
    option = replace(
        _of_type(kind, name, flag),
        help=_help(marks),
        required=default is MISSING,
        default=_default_words(default),
    )
    option = replace(option, positional=option.required and not option.is_switch)
    if _has(IdempotencyKey, marks) and option.required:
        return replace(option, required=False, help=f"{option.help}; generated if not given")
    if _has(LocalPath, marks):
        return replace(option, convert=_absolute, metavar="FILE", positional=True, files=True)
    if _maps_to_texts(kind):
        return replace(option, convert=texts_of, metavar=_TEXTS, files=True)
    if any(isinstance(mark, Doc) and mark.text.startswith("UNIX time") for mark in marks):
        return replace(option, convert=_time, metavar="TIME")
    return option


def _has(mark: type, marks: Iterable[Any]) -> bool:
    return any(isinstance(one, mark) for one in marks)


def _maps_to_texts(kind: Any) -> bool:
    """Whether the type maps file names to file contents."""
    return get_origin(kind) is dict and _has(FileText, getattr(get_args(kind)[1], "__metadata__", ()))


def _of_type(kind: Any, name: str, flag: str) -> Option:
    plain = Option(name, (flag,), metavar=name.upper())
    origin, args = get_origin(kind), get_args(kind)
    if kind is bool:
        return replace(plain, flags=(flag, "--no-" + flag[2:]), metavar="")
    if choices := _choices(kind):
        return replace(plain, convert=one_of(choices), choices=choices)
    if origin in (tuple, list):
        one = _of_type(_unwrap(args[0])[0], name, flag)
        return replace(one, flags=_with_singular(flag), convert=_split(one), many="list")
    if is_dataclass(kind):
        inner = of_params(cast("type[Any]", kind))
        return replace(
            plain, flags=_with_singular(flag), convert=_member(inner), metavar="NAME=VALUE", many="mapping"
        )
    if origin is dict:
        return replace(plain, flags=_with_singular(flag), convert=_pair, metavar="NAME=VALUE", many="mapping")
    return replace(plain, convert=_CONVERT.get(kind, _json_or_text))


def _unwrap(hint: Any) -> tuple[Any, tuple[Any, ...]]:
    """The type of a field without its marks and without None."""
    marks: tuple[Any, ...] = ()
    if get_origin(hint) is Annotated:
        hint, *rest = get_args(hint)
        marks = tuple(rest)
    members = get_args(hint) if get_origin(hint) in (Union, UnionType) else ()
    others = [member for member in members if member is not NoneType]
    if len(others) != 1:
        return hint, marks
    inner, more = _unwrap(others[0]) if get_origin(others[0]) is Annotated else (others[0], ())
    return inner, (*marks, *more)


def _choices(kind: Any) -> tuple[str, ...]:
    if isinstance(kind, type) and issubclass(kind, Enum):
        return tuple(str(member.value) for member in kind)
    return tuple(str(item) for item in get_args(kind)) if get_origin(kind) is Literal else ()


def _with_singular(flag: str) -> tuple[str, ...]:
    """--state and --states: the singular reads better for an option that can be repeated."""
    return (flag[:-1], flag) if flag.endswith("s") else (flag,)


def _default(row: Any) -> Any:
    if row.default is not MISSING:
        return row.default
    return MISSING if row.default_factory is MISSING else row.default_factory()


def _default_words(default: Any) -> str:
    if default is MISSING or default in (None, "", (), {}) or default is False or is_dataclass(default):
        return ""
    return "yes" if default is True else str(default)


def _help(marks: Iterable[Any]) -> str:
    """A field's description, unit and bounds."""
    parts: list[str] = []
    for mark in marks:
        if isinstance(mark, Doc):
            parts.append(f"{mark.text} [{mark.unit}]" if mark.unit else mark.text)
        elif isinstance(mark, Bound):
            low = "" if mark.minimum is None else f"{mark.minimum:g}"
            high = "" if mark.maximum is None else f"{mark.maximum:g}"
            parts.append(
                f"{low} to {high}" if low and high else f"at least {low}" if low else f"at most {high}"
            )
        elif isinstance(mark, Length) and mark.minimum > 1:
            parts.append(f"at least {mark.minimum} characters")
    return "; ".join(parts)


def one_of(choices: Sequence[str]) -> Convert:
    """A conversion that accepts only the given choices."""

    def convert(text: str) -> str:
        if text not in choices:
            raise ValueError(f"{text!r} is not one of {', '.join(choices)}")
        return text

    return convert


def _split(one: Option) -> Convert:
    """Numbers and values of a closed set may be joined by commas: 12,13 or running,queued."""
    convert = one.convert or str
    in_one = bool(one.choices) or convert in {integer, number}
    return lambda text: [convert(part) for part in (text.split(",") if in_one else [text])]


def _pair(text: str) -> dict[str, Any]:
    """NAME=VALUE, or a JSON object; VALUE is read as JSON if possible, else as text."""
    name, found, value = text.partition("=")
    if text.startswith("{"):
        whole = json.loads(text)
        return dict(whole)
    if not found or not name:
        raise ValueError(f"{text!r} is not NAME=VALUE")
    return {name: _json_or_text(value)}


def _member(options: Sequence[Option]) -> Convert:
    """NAME=VALUE with a known name and a value of its type, or a JSON object."""
    known = {option.name: option for option in options}

    def convert(text: str) -> dict[str, Any]:
        name, found, value = text.partition("=")
        if text.startswith("{"):
            return _pair(text)
        if not found or name not in known:
            raise ValueError(f"{text!r} is not NAME=VALUE with NAME one of {', '.join(known)}")
        option = known[name]
        if option.many == "list":
            return {name: [part for part in value.split(",") if part]}
        return {name: (option.convert or str)(value)}

    return convert


def _json_or_text(text: str) -> Any:
    try:
        return json.loads(text, parse_constant=str)
    except (ValueError, RecursionError):
        return text


def integer(text: str) -> int:
    """A whole number."""
    try:
        return int(text)
    except ValueError:
        raise ValueError(f"{text!r} is not a whole number") from None


def number(text: str) -> float:
    """A finite number."""
    try:
        value = float(text)
    except ValueError:
        raise ValueError(f"{text!r} is not a number") from None
    if value - value != 0:  # nan or infinite
        raise ValueError(f"{text!r} is not a finite number")
    return value


def _time(text: str) -> float:
    """UNIX time, or a date in local time."""
    from datetime import datetime

    try:
        return number(text)
    except ValueError:
        pass
    try:
        return datetime.fromisoformat(text).astimezone().timestamp()
    except (ValueError, OverflowError, OSError):
        raise ValueError(f"{text!r} is not a time; give 2026-01-31, 2026-01-31T12:00 or seconds") from None


def _absolute(text: str) -> str:
    return str(Path(text).expanduser().absolute()) if text else ""


_CONVERT: dict[Any, Convert] = {str: str, int: integer, float: number}
