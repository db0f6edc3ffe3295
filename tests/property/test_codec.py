"""The codec is total: every wire type comes back, and any JSON gives a value or InvalidParams."""

import contextlib
import dataclasses
import functools
import json
from types import UnionType
from typing import Annotated, Any, Union, get_args, get_origin, get_type_hints

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crystalmath_server.protocol.codec import from_json, to_json
from crystalmath_server.protocol.errors import InvalidParams
from crystalmath_server.protocol.method import Bound, Length
from crystalmath_server.protocol.methods import METHODS, NOTIFICATIONS

KINDS = sorted(
    {kind for row in METHODS.values() for kind in (row.params, row.result) if kind is not dict}
    | {row.params for row in NOTIFICATIONS.values()},
    key=lambda kind: kind.__name__,
)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)


def _allowed(value: Any, marks: tuple[object, ...]) -> bool:
    if value is None:
        return True
    sizes = [
        (mark, value if isinstance(mark, Bound) else len(value))
        for mark in marks
        if isinstance(mark, Bound | Length)
    ]
    return all(
        (mark.minimum is None or size >= mark.minimum) and (mark.maximum is None or size <= mark.maximum)
        for mark, size in sizes
    )


@functools.cache  # building a strategy costs more than drawing from it, and types share their fields
def _values(kind: Any) -> st.SearchStrategy[Any]:
    """Values of a wire type that keep the bounds of its fields."""
    if dataclasses.is_dataclass(kind):
        hints = get_type_hints(kind, include_extras=True)
        return st.builds(kind, **{row.name: _values(hints[row.name]) for row in dataclasses.fields(kind)})  # type: ignore[arg-type]
    return (
        _values_of_generic(kind, get_origin(kind), get_args(kind)) if get_args(kind) else _plain_values(kind)
    )


def _plain_values(kind: Any) -> st.SearchStrategy[Any]:
    if kind is object:
        return JSON
    return st.floats(allow_nan=False, allow_infinity=False) if kind is float else st.from_type(kind)


def _values_of_generic(kind: Any, origin: Any, args: tuple[Any, ...]) -> st.SearchStrategy[Any]:
    if origin is Annotated:
        return _bounded_values(args[0], args[1:])
    if origin in (UnionType, Union):
        return st.one_of([_values(member) for member in args])
    if origin is tuple and args[-1] is ...:
        return st.lists(_values(args[0]), max_size=2).map(tuple)
    if origin is tuple:
        return st.tuples(*map(_values, args))
    if origin is dict:
        return st.dictionaries(st.text(max_size=5), _values(args[1]), max_size=2)
    return st.from_type(kind)


def _bounded_values(kind: Any, marks: tuple[Any, ...]) -> st.SearchStrategy[Any]:
    for mark in marks:
        if isinstance(mark, Bound) and kind is int:
            return st.integers(mark.minimum, mark.maximum)  # type: ignore[arg-type]
        if isinstance(mark, Bound) and kind is float:
            return st.floats(mark.minimum, mark.maximum, allow_nan=False)
        if isinstance(mark, Length) and kind is str:
            return st.text(min_size=mark.minimum, max_size=min(mark.maximum, mark.minimum + 5))
    return _values(kind).filter(lambda value: _allowed(value, marks))


@functools.cache
def _json_like(kind: type[Any]) -> st.SearchStrategy[Any]:
    """Any JSON, and objects that have the names of the type's fields."""
    names = list(getattr(kind, "__dataclass_fields__", ()))
    return JSON | st.dictionaries(st.sampled_from(names or ["x"]), JSON, max_size=4)


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
@given(data=st.data())
def test_every_wire_type_comes_back(kind: type[Any], data: st.DataObject) -> None:
    value = data.draw(_values(kind))
    text = json.dumps(to_json(value))
    assert from_json(kind, json.loads(text)) == value


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
@given(data=st.data())
def test_any_json_gives_a_value_or_a_named_error(kind: type[Any], data: st.DataObject) -> None:
    value = data.draw(_json_like(kind))
    with contextlib.suppress(InvalidParams):
        assert isinstance(from_json(kind, value), get_origin(kind) or kind)
