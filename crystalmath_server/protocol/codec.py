"""Conversion of protocol dataclasses to JSON values and back, without a framework."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import MISSING, fields, is_dataclass
from enum import Enum
from functools import cache
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, TypeVar, Union, cast, get_args, get_origin, get_type_hints

from crystalmath_server.protocol.errors import InvalidParams
from crystalmath_server.protocol.method import Bound, Json, Length

T = TypeVar("T")
_Decode = Callable[[Any], Any]


def to_json(value: object) -> Any:
    """The JSON value of a dataclass, enum, tuple, mapping or plain value."""
    encode = _ENCODERS.get(type(value))
    return encode(value) if encode else _encode_other(value)


def from_json(kind: type[T], value: Json) -> T:
    """A value of type `kind`; unknown fields are ignored.

    Raises
    ------
    InvalidParams
        `value` does not match `kind`; `data.field` is the dotted path of the mismatch.
    """
    try:
        return _decoder(kind)(value)
    except _MisfitError as misfit:
        path = ".".join(reversed(misfit.path))
        raise InvalidParams(f"{path or kind.__name__}: {misfit}", field=path) from None


class _MisfitError(Exception):
    """A value does not match its type; `path` lists names from the innermost outward."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.path: list[str] = []

    def inside(self, name: str | int) -> "_MisfitError":
        self.path.append(str(name))
        return self


def _same(value: object) -> object:
    return value


def _encode_sequence(value: Iterable[object]) -> list[Any]:
    return [to_json(item) for item in value]


def _encode_mapping(value: Mapping[str, object]) -> dict[str, Any]:
    return {key: to_json(item) for key, item in value.items()}


_ENCODERS: dict[type, Callable[[Any], Any]] = {
    **dict.fromkeys((str, int, float, bool, NoneType), _same),
    **dict.fromkeys((list, tuple), _encode_sequence),
    dict: _encode_mapping,
}


def _encode_other(value: Any) -> Any:
    """Determine the encoder of a new class and cache it."""
    if is_dataclass(value):
        _ENCODERS[type(value)] = _dataclass_encoder(type(value))
    elif isinstance(value, Enum):
        _ENCODERS[type(value)] = lambda member: member.value
    elif isinstance(value, Mapping):
        return _encode_mapping(cast("Mapping[str, object]", value))
    else:
        raise InvalidParams(f"a {type(value).__name__} cannot be converted to JSON")
    return to_json(value)


def _dataclass_encoder(kind: type) -> Callable[[Any], dict[str, Any]]:
    names = tuple(row.name for row in fields(kind))
    return lambda value: {name: to_json(getattr(value, name)) for name in names}


@cache
def _decoder(kind: Any) -> _Decode:
    """The cached decoder of a type."""
    if kind in _PLAIN:
        return _PLAIN[kind]
    if is_dataclass(kind):
        return _dataclass_decoder(cast("type", kind))
    if isinstance(kind, type) and issubclass(kind, Enum):
        return _choice_decoder({member.value: member for member in kind})
    return _generic_decoder(get_origin(kind), get_args(kind))


def _generic_decoder(origin: Any, args: tuple[Any, ...]) -> _Decode:
    if origin is Annotated:
        return _checked_decoder(_decoder(args[0]), args[1:])
    if origin is Literal:
        return _choice_decoder({item: item for item in args})
    if origin in (Union, UnionType):
        return _union_decoder(args)
    if origin is tuple:
        return _tuple_decoder(args)
    if origin in (list, Sequence):
        return _list_decoder(_decoder(args[0]))
    if origin in (dict, Mapping):
        return _mapping_decoder(_decoder(args[1]))
    raise TypeError(f"no JSON for {origin}{args}")


def _exactly(kind: type, description: str) -> _Decode:
    def decode(value: Any) -> Any:
        if type(value) is not kind:
            raise _MisfitError(f"expected {description}, got {_describe(value)}")
        return value

    return decode


def _decode_float(value: Any) -> float:
    if type(value) is float:
        return value
    if type(value) is not int:
        raise _MisfitError(f"expected a number, got {_describe(value)}")
    try:
        return float(value)
    except OverflowError:
        raise _MisfitError("number is too large") from None


_FLOAT_OR_NONE = frozenset({float, NoneType})
_PASSING: dict[_Decode, frozenset[type]] = {_decode_float: frozenset({float})}
"""Decoder → types whose values it returns unchanged; long number arrays are checked only by type."""

_PLAIN: dict[Any, _Decode] = {
    object: _same,
    Any: _same,
    str: _exactly(str, "a string"),
    int: _exactly(int, "an integer"),
    bool: _exactly(bool, "true or false"),
    float: _decode_float,
    dict: _exactly(dict, "an object"),
    list: _exactly(list, "an array"),
    NoneType: _exactly(NoneType, "null"),
}


def _dataclass_decoder(kind: type) -> _Decode:
    hints = get_type_hints(kind, include_extras=True)
    plan = [
        (row.name, _decoder(hints[row.name]), row.default is MISSING and row.default_factory is MISSING)
        for row in fields(kind)
    ]

    def decode(value: Any) -> Any:
        if type(value) is not dict:
            raise _MisfitError(f"expected an object, got {_describe(value)}")
        given = cast("dict[str, Any]", value)
        found: dict[str, Any] = {}
        for name, decode_field, required in plan:
            if name in given:
                try:
                    found[name] = decode_field(given[name])
                except _MisfitError as misfit:
                    raise misfit.inside(name) from None
            elif required:
                raise _MisfitError("is missing").inside(name)
        return kind(**found)

    return decode


def _choice_decoder(choices: Mapping[Any, Any]) -> _Decode:
    """Decode one of several values; keys include the type because 1 == True."""
    known: dict[tuple[type, Any], Any] = {(type(key), key): value for key, value in choices.items()}
    words = ", ".join(repr(key) for key in choices)

    def decode(value: Any) -> Any:
        if isinstance(value, (str, int, NoneType)) and (type(value), value) in known:
            return known[type(value), value]
        raise _MisfitError(f"expected one of {words}, got {_describe(value)}")

    return decode


def _union_decoder(members: tuple[Any, ...]) -> _Decode:
    others = [_decoder(member) for member in members if member is not NoneType]
    optional = NoneType in members

    def decode(value: Any) -> Any:
        if value is None and optional:
            return None
        for decode_member in others[:-1]:
            try:
                return decode_member(value)
            except _MisfitError:
                continue
        return others[-1](value)

    if optional and others == [_decode_float]:
        _PASSING[decode] = _FLOAT_OR_NONE
    return decode


def _tuple_decoder(args: tuple[Any, ...]) -> _Decode:
    if len(args) == 2 and args[1] is Ellipsis:
        decode_list = _list_decoder(_decoder(args[0]))
        return lambda value: tuple(decode_list(value))
    members = [_decoder(member) for member in args]

    def decode(value: Any) -> tuple[Any, ...]:
        items = _array(value)
        if len(items) != len(members):
            raise _MisfitError(f"expected {len(members)} items, got {len(items)}")
        return tuple(_decode_item(*each) for each in zip(range(len(items)), members, items, strict=True))

    return decode


def _list_decoder(decode_one: _Decode) -> _Decode:
    passing = _PASSING.get(decode_one, frozenset())

    def decode(value: Any) -> list[Any]:
        items = _array(value)
        if passing and set(map(type, items)) <= passing:  # ten times faster than one call per item
            return list(items)
        try:
            return [decode_one(item) for item in items]
        except _MisfitError:
            return [_decode_item(index, decode_one, item) for index, item in enumerate(items)]

    return decode


def _decode_item(index: int | str, decode_one: _Decode, item: Any) -> Any:
    try:
        return decode_one(item)
    except _MisfitError as misfit:
        raise misfit.inside(index) from None


def _array(value: Any) -> list[Any]:
    if type(value) is not list:
        raise _MisfitError(f"expected an array, got {_describe(value)}")
    return cast("list[Any]", value)


def _mapping_decoder(decode_one: _Decode) -> _Decode:
    def decode(value: Any) -> dict[str, Any]:
        if type(value) is not dict:
            raise _MisfitError(f"expected an object, got {_describe(value)}")
        return {
            key: _decode_item(key, decode_one, item) for key, item in cast("dict[str, Any]", value).items()
        }

    return decode


def _checked_decoder(decode_value: _Decode, marks: tuple[Any, ...]) -> _Decode:
    """Add the checks of Bound and Length; other annotations are documentation."""
    checks = [mark for mark in marks if isinstance(mark, (Bound, Length))]
    if not checks:
        return decode_value

    def decode(value: Any) -> Any:
        decoded = decode_value(value)
        for check in checks:
            if decoded is not None and (wrong := complaint(check, decoded)):
                raise _MisfitError(wrong)
        return decoded

    return decode


def complaint(check: Bound | Length, value: Any) -> str:
    """How `value` violates an annotation of its field, or ""."""
    size, words = (value, "") if isinstance(check, Bound) else (len(value), "a length of ")
    if check.minimum is not None and not size >= check.minimum:
        return f"expected {words}at least {check.minimum}, got {size}"
    if check.maximum is not None and not size <= check.maximum:
        return f"expected {words}at most {check.maximum}, got {size}"
    return ""


def _describe(value: Any) -> str:
    """A value for an error message, truncated if long."""
    if isinstance(value, dict):
        return "an object"
    if isinstance(value, list):
        return "an array"
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    text = repr(value) if not isinstance(value, int) or abs(value) < 10**20 else "a huge integer"
    return text if len(text) <= 60 else f"{text[:57]}…"
